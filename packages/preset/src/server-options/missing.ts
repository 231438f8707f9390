import type { FastifyInstance } from 'fastify'

/** What is lost where the constructor was not given an option of ours. */
const losses: Readonly<Record<string, string>> = {
  logController: "Fastify's own two log lines per request stay",
  genReqId: 'ids are not validated before the first log line',
  childLoggerFactory: 'log lines lack the correlation id',
  frameworkErrors: 'malformed URLs are answered without headers, log line or count',
  clientErrorHandler: 'malformed requests are answered without log line or count',
  trustProxy: 'the address of a client behind a proxy is not known',
  requestTimeout: 'a slow body is waited for without end'
}

/**
 * Which options that `serverOptions()` gives the constructor did not get, each with what is lost by it.
 * Fastify keeps its options under a symbol of its own; where that is not found, nothing is claimed.
 */
export function missingServerOptions(fastify: FastifyInstance, expected: object): string[] {
  const symbol = Object.getOwnPropertySymbols(fastify).find(
    ({ description }) => description === 'fastify.options'
  )
  const given = symbol && (fastify as unknown as Record<symbol, Record<string, unknown>>)[symbol]
  if (given === undefined) return []

  const wanted = Object.entries(expected).filter(([name, value]) => name in losses && !isUnset(value))
  const lost = wanted.map(([name]) => name).filter((name) => isUnset(given[name]))
  return lost.map((name) => `${name}: ${losses[name]}; use Fastify(serverOptions())`)
}

/** Fastify fills in its own defaults, which are what an app that gave nothing has. */
const isUnset = (value: unknown): boolean =>
  value === undefined || value === 0 || value === false || isDefault(value)

const isDefault = (value: unknown): boolean =>
  typeof value === 'function' && ['defaultClientErrorHandler', 'defaultGenReqId'].includes(value.name)
