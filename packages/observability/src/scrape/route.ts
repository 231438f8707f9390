import { Readable } from 'node:stream'
import type { RouteOptions } from 'fastify'
import type { Guard } from '../management/guard.ts'
import { contentTypes, negotiated, type Format } from '../metrics/text.ts'

/** What can be scraped: this process, or its whole group. */
export interface Scraped {
  blocks(format: Format): AsyncGenerator<Buffer, void>
}

/** The scrape: in the format that is asked for, never cached, guarded where a guard is given. */
export function metricsRoute(
  path: string,
  source: Scraped,
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
        const body = await bodyOf(source.blocks(format))
        // Settles when the answer has left.
        return await reply.header('cache-control', 'no-store').type(contentTypes[format]).send(body)
      } finally {
        around.scrapes--
      }
    }
  }
}

/** One piece where it is short, so that its length is said; else a stream, as fast as it is read. */
async function bodyOf(blocks: AsyncGenerator<Buffer, void>): Promise<Buffer | Readable> {
  const first = await blocks.next()
  const second = await blocks.next()
  if (first.done || second.done) return first.value ?? Buffer.alloc(0)
  return Readable.from(resumed([first.value, second.value], blocks), { objectMode: false })
}

async function* resumed(
  first: readonly Buffer[],
  rest: AsyncGenerator<Buffer, void>
): AsyncGenerator<Buffer, void> {
  yield* first
  yield* rest
}
