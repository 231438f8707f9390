import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import {
  observability,
  observabilityServerOptions,
  type ObservabilityOptions
} from '@seaworthy/observability'
import { keptLog } from './helpers.ts'

export const sentinel = 'Pl4nt3dS3ntinel'

/** Texts in which libraries and people write secrets. */
export const shapes: readonly string[] = [
  `connect ECONNREFUSED redis://:${sentinel}@cache:6379`,
  `bad dsn postgres://app:pa/${sentinel}@db/app`,
  `clone https://${sentinel}@git.example/o/r failed`,
  `sent Cookie: theme=dark; sid=${sentinel}; other=${sentinel}`,
  `Authorization: Custom ${sentinel}`,
  `-----BEGIN PRIVATE KEY-----\n${sentinel}\n-----END PRIVATE KEY-----`,
  `secretAccessKey: ${sentinel}`,
  `{"resetToken":"${sentinel}"}`,
  `GET /join?inviteCode=${sentinel}&x=1`,
  `api_key=${sentinel}`,
  `Bearer ${sentinel}`
]

/** A shape at any place of a text, so that the places where texts are cut meet each part of it. */
export const planted: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...shapes),
    fc.constantFrom(0, 60, 500, 1000, 1010, 1020, 4070, 4090),
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom(0, 100, 5000)
  )
  .map(([shape, before, more, after]) => `${'x'.repeat(before + more)} ${shape} ${'y'.repeat(after)}`)

/** Values that a request may throw. */
export const thrown: Record<string, (text: string) => unknown> = {
  'an error': (text) => new Error(text),
  'a cause': (text) => new Error('outer', { cause: new Error(text) }),
  'errors of an aggregate': (text) => new AggregateError([new Error(text)], text),
  'a code': (text) => Object.assign(new Error('x'), { code: text }),
  'the code of a client error': (text) => Object.assign(new Error('x'), { statusCode: 404, code: text }),
  'members of an HTTP client': (text) =>
    Object.assign(new Error('x'), { config: { headers: { cookie: text } } }),
  'a text': (text) => text,
  'an object': (text) => ({ message: text, text })
}

/** The text around each secret. */
export const leaks = (text: string): string => [...text.matchAll(/.{0,200}Pl4nt3d.{0,40}/g)].join('\n')

export interface Kept {
  app: FastifyInstance
  text: () => string
}

/** An app with the plugin, made ready by its first request. */
export async function start(
  t: Test,
  makeServer: (stream: { write(line: string): void }) => object,
  options: ObservabilityOptions = {}
): Promise<Kept> {
  const { stream, text } = keptLog()
  const app = Fastify(makeServer(stream)) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(observability, options)
  return { app, text }
}

export const loggers: Record<string, (stream: { write(line: string): void }) => object> = {
  default: (stream) => observabilityServerOptions({ logger: { stream } }),
  ecs: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'ecs' } }),
  otel: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'otel' } }),
  gcp: (stream) => observabilityServerOptions({ logger: { stream }, logging: { schema: 'gcp' } }),
  redacting: (stream) => observabilityServerOptions({ logger: { stream, redact: ['none'] } }),
  "the app's own pino": (stream) => observabilityServerOptions({ loggerInstance: pino({}, stream) }),
  'no server options': (stream) => ({ logger: { stream }, disableRequestLogging: true })
}
