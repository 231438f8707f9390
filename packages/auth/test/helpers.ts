import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { managementPort, meterPort, provide, type Meter } from '@seaworthy/contract'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'

export const secret: string = randomBytes(32).toString('base64')

/** An app with an async `onSend` hook, as real apps have it, that counts the runs of its handlers. */
export interface GuardedApp {
  app: FastifyInstance
  runs: () => number
  /** Adds a route whose runs are counted. */
  route: (method: string, url: string, more?: object, answer?: (request: never) => unknown) => void
}

export async function guardedApp(t: Test, options: AuthOptions): Promise<GuardedApp> {
  const app = Fastify()
  t.teardown(() => app.close())
  let runs = 0
  app.addHook('onSend', async (_request, _reply, payload) => {
    await new Promise((resolve) => setImmediate(resolve))
    return payload
  })
  await app.register(auth, options)
  return {
    app,
    runs: () => runs,
    route(method, url, more = {}, answer = () => ({ ok: true })) {
      app.route({
        method,
        url,
        ...more,
        handler: async (request) => {
          runs++
          return answer(request as never)
        }
      })
    }
  }
}

/** Base64url of a text, or of a value as JSON: a part of a token. */
export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** The time as tokens have it. */
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** Settings of a logger, and the lines that it writes. */
export function captureLog(level = 'info') {
  const lines: string[] = []
  return { lines, logger: { level, stream: { write: (line: string) => void lines.push(line) } } }
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

/** The first cookie that a response sets, as a `Cookie` header. */
export const cookieOf = (headers: { 'set-cookie'?: string | string[] | undefined }): string =>
  [headers['set-cookie'] ?? ''].flat()[0]!.split(';')[0]!

/** Starts a server on a free port. */
export async function listen(t: Test, server: Server): Promise<{ url: string; stop: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(stop)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

type CollectGauge = (family: { with: (...labels: string[]) => object }) => void

/** A plugin that provides the ports of observability, and what other plugins gave to them. */
export function observabilityPorts() {
  const counts = new Map<string, number>()
  const gauges = new Map<string, CollectGauge>()
  const routes: RouteOptions[] = []
  const meter = {
    counter: ({ name }: { name: string }) => ({
      with: (...labels: string[]) => ({
        inc: () => {
          const key = [name, ...labels].join(' ')
          counts.set(key, (counts.get(key) ?? 0) + 1)
        }
      })
    }),
    gauge: ({ name, collect }: { name: string; collect: CollectGauge }) => void gauges.set(name, collect)
  } as unknown as Meter
  const plugin = fp(async (fastify: FastifyInstance) => {
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, {
      route: (route) => void routes.push(route),
      section: () => undefined
    })
  })
  return { counts, gauges, routes, plugin }
}
