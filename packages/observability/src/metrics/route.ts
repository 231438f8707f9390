import type { RouteOptions } from 'fastify'
import type { Exposition } from './exposition.ts'
import type { Guard } from '../management/guard.ts'
import { contentTypes, negotiated } from './text.ts'

/** The scrape: in the format that is asked for, never cached, guarded where a guard is given. */
export function metricsRoute(
  path: string,
  exposition: Pick<Exposition, 'render'>,
  guard: Guard,
  around: { scrapes: number }
): RouteOptions {
  return {
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    config: { operational: 'metrics' },
    ...(guard === undefined ? {} : { onRequest: guard }),
    async handler(request, reply) {
      const format = negotiated(request.headers.accept)
      around.scrapes++
      try {
        const text = await exposition.render(format)
        return await reply.header('cache-control', 'no-store').type(contentTypes[format]).send(text)
      } finally {
        around.scrapes--
      }
    }
  }
}
