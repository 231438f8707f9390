import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type InjectOptions,
  type LightMyRequestResponse,
  type RouteOptions
} from 'fastify'
import type { Management } from '@seaworthy/contract'
import { OperatorActions } from './operator-actions.ts'
import { checkOperatorRequests } from './operator-requests.ts'
import type { ResolvedManagement } from './options.ts'
import { redactSection } from '../logging/redact.ts'
import { answerFailures, failureText } from './operator-errors.ts'
import { isAction } from './same-origin.ts'

/**
 * The listener for operators, as `app.observability.management`.
 *
 * @example
 * const listener: ManagementListener | undefined = app.observability.management
 * console.log(listener?.port, (await listener?.inject('/info'))?.json())
 */
export interface ManagementListener {
  /** The port on which it listens, once the app is ready. */
  readonly port: number | undefined
  /** Sends it a request without a socket, for tests. */
  inject(options: string | InjectOptions): Promise<LightMyRequestResponse>
}

/** Operators, their pages and scrapes at a time. */
const maxConnections = 256

/**
 * A second Fastify app behind a server that listens as soon as the main app is ready, so that a used port stops the
 * start. Requests wait until all plugins have added their routes.
 */
export class ManagementServer implements Management, ManagementListener {
  readonly #sections = new Map<string, { snapshot: () => unknown; live: boolean }>()
  readonly options: ResolvedManagement
  readonly actions: OperatorActions
  readonly #app: FastifyInstance
  readonly #loaded = Promise.withResolvers<void>()
  #server: Server | undefined

  constructor(options: ResolvedManagement, log: FastifyBaseLogger) {
    this.options = options
    // Names of limits have the path of their route.
    this.#app = Fastify({ logger: false, bodyLimit: 65_536, routerOptions: { maxParamLength: 2000 } })
    this.#app.removeContentTypeParser('text/plain')
    answerFailures(this.#app)
    this.actions = new OperatorActions(this.#app, log)
    checkOperatorRequests(this.#app, options, (request) => this.actions.isRelayed(request))
  }

  /** `METHOD /path` of the routes that change something. */
  readonly actionNames: string[] = []

  route(options: RouteOptions): void {
    for (const method of [options.method].flat()) {
      if (isAction({ method })) this.actionNames.push(`${method} ${options.url}`)
    }
    this.#app.route(options)
  }

  section(name: string, snapshot: () => unknown, { live = true }: { live?: boolean } = {}): void {
    this.#sections.set(name, { snapshot, live })
  }

  /** The current sections. One that fails shows its error; the others are not affected. */
  snapshots(only: { live?: boolean } = {}): Record<string, unknown> {
    const chosen = [...this.#sections].filter(([, { live }]) => only.live === undefined || live === only.live)
    return Object.fromEntries(
      chosen.map(([name, { snapshot }]) => {
        try {
          return [name, redactSection(snapshot())]
        } catch (error) {
          return [name, { error: failureText(error) }]
        }
      })
    )
  }

  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port
  }

  inject(options: string | InjectOptions): Promise<LightMyRequestResponse> {
    return this.#app.inject(options)
  }

  /** All plugins have added their routes: requests that came before are served now. */
  loaded(): void {
    this.#loaded.resolve()
  }

  async whenLoaded(): Promise<void> {
    await this.#loaded.promise
    await this.#app.ready()
  }

  async listen(): Promise<void> {
    const answer: RequestListener = (request, response) => {
      this.whenLoaded().then(
        () => this.#app.routing(request, response),
        () => response.writeHead(500).end()
      )
    }
    const { tls } = this.options
    const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer)
    server.maxConnections = maxConnections
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.options.port, this.options.host, resolve)
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
