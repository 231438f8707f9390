import type { FastifyInstance } from 'fastify'
import type { PartReport } from './report.ts'

/** It sets `Cache-Control` only where no other code has, and so never behind our headers. */
export const cachingPlugin = '@fastify/caching'

const part = 'security.headers.cacheControl'

/** Leaves `Cache-Control` to the plugin of an app that has registered it before. */
export function giveWayToCaching(
  fastify: FastifyInstance,
  options: Record<string, unknown>,
  reports: PartReport[]
): void {
  const { headers = {} } = options as { headers?: false | { cacheControl?: unknown } }
  if (headers === false || headers.cacheControl !== undefined || !fastify.hasPlugin(cachingPlugin)) return
  options.headers = { ...headers, cacheControl: false }
  reports.push({ part, state: 'backed off', reason: `"${cachingPlugin}" was registered before` })
}

/** Warns of the plugin where it comes too late: the headers are prepared. */
export function warnOfLateCaching(fastify: FastifyInstance): void {
  fastify.log.warn(
    `seaworthy: the app registers "${cachingPlugin}" after seaworthy, so its Cache-Control is not sent; ours is, no-store; ` +
      'write { security: { headers: { cacheControl: false } } }, or register it before'
  )
}
