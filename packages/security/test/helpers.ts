import FakeTimers, { type Clock } from '@sinonjs/fake-timers'
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyPluginOptions,
  type FastifyServerOptions
} from 'fastify'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { rawSocket } from '@seaworthy/testing'
import { securityServerOptions, validation, type ValidationOptions } from '../src/index.ts'

export const ok = async (): Promise<string> => 'ok'

/** An app that is closed with the test. */
export function createApp(t: Test, settings: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  return app
}

/** An app with one plugin and the test's routes. */
export async function buildApp<Options extends FastifyPluginOptions>(
  t: Test,
  plugin: FastifyPluginAsync<Options>,
  options: Options,
  routes: (app: FastifyInstance) => unknown = (app) => app.get('/', ok),
  settings: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const app = createApp(t, settings)
  await app.register(plugin as FastifyPluginAsync<FastifyPluginOptions>, options)
  await routes(app)
  await app.ready()
  return app
}

/** An app with validation and the options of the constructor. */
export const buildValidated = (
  t: Test,
  options: ValidationOptions,
  routes: (app: FastifyInstance) => unknown,
  settings: FastifyServerOptions = securityServerOptions()
): Promise<FastifyInstance> => buildApp(t, validation, options, routes, settings)

/** Settings of a logger, and the lines that it writes. */
export function captureLog(level = 'info') {
  const lines: string[] = []
  return { lines, logger: { level, stream: { write: (line: string) => void lines.push(line) } } }
}

/** Replaces the clock of `performance.now()`. Promises and immediates go on. */
export function installClock(t: Test): Clock {
  const clock = FakeTimers.install({ toFake: ['performance'], now: 1000 })
  t.teardown(() => clock.uninstall())
  return clock
}

/** The status codes of several requests, one after the other. */
export async function statuses(
  app: FastifyInstance,
  count: number,
  request: object | string = '/'
): Promise<number[]> {
  const codes: number[] = []
  for (let i = 0; i < count; i++) codes.push((await app.inject(request)).statusCode)
  return codes
}

/** A request from an address. */
export const from = (remoteAddress: string, url = '/', more: object = {}) => ({ url, remoteAddress, ...more })

/** Listens on a free port, once. */
export async function listen(app: FastifyInstance): Promise<number> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** The text that the app answers to these bytes. */
export async function exchange(t: Test, app: FastifyInstance, bytes: string): Promise<string> {
  const { received, closed } = await rawSocket(t, await listen(app), bytes)
  await closed
  return received()
}

/** The bytes of a GET request. */
export const getBytes = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${more}\r\n`

/**
 * The header lines in their order, without those that differ between any two responses. Names in lower case, as
 * Fastify writes its own.
 */
export function headerLines(response: string): string[] {
  const [, ...head] = response.split('\r\n\r\n')[0]!.split('\r\n')
  return head
    .filter((line) => !/^(date|connection|keep-alive|content-length|content-type):/i.test(line))
    .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
}

/** POSTs a payload: objects as JSON, text and bytes as they are. */
export const post = (app: FastifyInstance, payload: unknown, type = 'application/json', url = '/') =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': type },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
  })
