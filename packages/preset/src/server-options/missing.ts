import type { FastifyInstance } from 'fastify'
import { constructorOptions, isFastifyDefault } from '../internals.ts'

/** The consequence of each constructor option that may be missing. */
const consequences: Readonly<Record<string, string>> = {
  logController: "Fastify's own two log lines per request stay",
  genReqId: 'ids are not validated before the first log line',
  childLoggerFactory: 'log lines lack the correlation id',
  frameworkErrors: 'malformed URLs are answered without headers, log line or count',
  clientErrorHandler: 'malformed requests are answered without log line or count',
  trustProxy: 'the address of a client behind a proxy is not known',
  https: 'the server has no TLS',
  requestTimeout: 'slow bodies have no time limit',
  return503OnClosing: 'open connections get 503 as soon as the app closes'
}

/**
 * The constructor options that `serverOptions()` sets and the app has not, each with its consequence.
 *
 * @param expected - The settings of the parts.
 */
export function missingServerOptions(fastify: FastifyInstance, expected: object): string[] {
  const options = constructorOptions(fastify)
  if (options === undefined) return []

  return Object.entries(expected)
    .filter(([name, value]) => name in consequences && isMissing(value, options[name], name))
    .map(([name]) => `${name}: ${consequences[name]}; use Fastify(serverOptions())`)
}

const isMissing = (expected: unknown, actual: unknown, name: string): boolean =>
  name === 'return503OnClosing'
    ? expected === false && actual === undefined
    : !isUnset(expected) && isUnset(actual)

/** Fastify fills in its own defaults, so an option that the app has not set has one of these values. */
const isUnset = (value: unknown): boolean =>
  value === undefined || value === 0 || value === false || isFastifyDefault(value)
