import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, {
  type FastifyInstance,
  type InjectOptions,
  type LightMyRequestResponse,
  type RouteOptions
} from 'fastify'
import type { Management } from '@seaworthy/contract'
import type { ResolvedManagement } from './options.ts'

/** The listener for operators, as `app.observability.management`. */
export interface ManagementListener {
  /** The port on which it listens, once the app is ready. */
  readonly port: number | undefined
  /** Sends it a request without a socket, for tests. */
  inject(options: string | InjectOptions): Promise<LightMyRequestResponse>
}

/**
 * A second Fastify app behind a server that listens as soon as the main app is ready, so that a used port stops the
 * start. Other plugins may add their routes until its first request.
 */
export class ManagementServer implements Management, ManagementListener {
  readonly sections: Map<string, () => unknown> = new Map()
  readonly #app: FastifyInstance
  readonly #options: ResolvedManagement
  #server: Server | undefined

  constructor(options: ResolvedManagement) {
    this.#options = options
    this.#app = Fastify({ logger: false })
    if (options.guard !== undefined) this.#app.addHook('onRequest', options.guard)
  }

  route(options: RouteOptions): void {
    this.#app.route(options)
  }

  section(name: string, snapshot: () => unknown): void {
    this.sections.set(name, snapshot)
  }

  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port
  }

  inject(options: string | InjectOptions): Promise<LightMyRequestResponse> {
    return this.#app.inject(options)
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#app.ready().then(
        () => this.#app.routing(request, response),
        () => response.writeHead(500).end()
      )
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#options.port, this.#options.host, resolve)
    })
    // It does not keep the process alive.
    this.#server = server.unref()
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server !== undefined) {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    }
    await this.#app.close()
  }
}
