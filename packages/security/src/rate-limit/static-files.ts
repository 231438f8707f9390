import type { RouteOptions } from 'fastify'

/** Files of @fastify/static, of a package manager's folder or of a workspace. */
const ofStatic = /[\\/]@?fastify[\\/+-](?:fastify-)?static[\\/@]/

/**
 * Whether @fastify/static is adding this route: call it in `onRoute`. Its routes are hidden from documents, so that only
 * for those the stack is read, and only at the start. In a bundle no route is recognised, and the app's limit applies.
 */
export function isStaticFileRoute(route: RouteOptions): boolean {
  const { hide } = (route.schema ?? {}) as { hide?: unknown }
  if (hide !== true) return false
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 20
  const { stack } = new Error('stack')
  Error.stackTraceLimit = stackTraceLimit
  return stack !== undefined && ofStatic.test(stack)
}
