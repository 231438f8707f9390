import { onMisspeltOption } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

/** Warns about routes whose deadline or priority is where nothing reads it: they would have the default, silently. */
export function warnAboutMisspeltOptions(fastify: FastifyInstance): void {
  onMisspeltOption(fastify, ['deadline', 'priority'], [], ({ url, place, name }) => {
    fastify.log.warn(
      { url },
      `resilience: the route ${url} has "${place}", which is not read; the route has the default; if it is for resilience, write config: { ${name}: … }`
    )
  })
}
