import type { FastifyInstance } from 'fastify'

interface Names {
  /** Of the instance. */
  readonly app?: readonly string[]
  /** Of requests. */
  readonly request?: readonly string[]
}

/**
 * Stops the start before a plugin adds decorators that are there already: Fastify's error names neither the plugin nor
 * the way out.
 *
 * @param area - The plugin's short name, the start of its messages.
 * @throws Error with Fastify's code for it.
 */
export function assertDecoratorsAreFree(
  fastify: FastifyInstance,
  area: string,
  { app = [], request = [] }: Names
): void {
  const taken =
    app.find((name) => fastify.hasDecorator(name)) ??
    request.find((name) => fastify.hasRequestDecorator(name))
  if (taken === undefined) return
  const plugin = `@seaworthy/${area}`
  throw Object.assign(
    new Error(
      `${area}: the app or another plugin has the decorator "${taken}", which ${plugin} needs; rename the other one, ` +
        `or register one of the two in a scope of its own; if both are ${plugin}, register it once`
    ),
    { code: 'FST_ERR_DEC_ALREADY_PRESENT' }
  )
}
