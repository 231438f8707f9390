import { onMisspeltOption } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

/**
 * Warns about routes that have the option of a plugin in a place or spelling in which nothing reads it: the route would
 * be without its limit, silently.
 *
 * @param names - The members of a route's `config` that the plugin reads.
 * @param elsewhere - Of those, the names that are also read from the route itself.
 */
export function warnAboutMisspeltOptions(
  fastify: FastifyInstance,
  names: readonly string[],
  elsewhere: readonly string[] = []
): void {
  onMisspeltOption(fastify, names, elsewhere, ({ url, place, name }) => {
    fastify.log.warn(
      { url },
      `security: the route ${url} has "${place}", which is not read; the route is treated as if it were absent; if it is for security, write config: { ${name}: … }`
    )
  })
}
