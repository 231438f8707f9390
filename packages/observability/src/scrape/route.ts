import { Readable } from 'node:stream'
import type { RouteOptions } from 'fastify'
import type { Guard } from '../management/guard.ts'
import { contentTypes, negotiatedFormat } from '../metrics/text.ts'
import type { Format } from '../metrics/types.ts'

/** The source of a scrape: this process, or its group of workers. */
export interface ScrapeSource {
  blocks(format: Format): AsyncGenerator<Buffer, void>
}

/** The route of the scrape: in the requested format, not cached. `counts` has the number of running scrapes. */
export function metricsRoute(
  path: string,
  source: ScrapeSource,
  guard: Guard,
  counts: { scrapes: number }
): RouteOptions {
  return {
    method: 'GET',
    url: path,
    exposeHeadRoute: true,
    config: { operational: 'metrics' },
    ...(guard === undefined ? {} : { onRequest: guard }),
    async handler(request, reply) {
      const format = negotiatedFormat(request.headers.accept)
      counts.scrapes++
      try {
        const body = await bodyOf(source.blocks(format))
        // Settles when the response was sent.
        return await reply.header('cache-control', 'no-store').type(contentTypes[format]).send(body)
      } finally {
        counts.scrapes--
      }
    }
  }
}

/** A short scrape is one buffer, so that its length is known; a long one is a stream, as fast as the client reads. */
async function bodyOf(blocks: AsyncGenerator<Buffer, void>): Promise<Buffer | Readable> {
  const first = await blocks.next()
  const second = await blocks.next()
  if (first.done || second.done) return first.value ?? Buffer.alloc(0)
  return Readable.from(concatenated([first.value, second.value], blocks), { objectMode: false })
}

async function* concatenated(
  first: readonly Buffer[],
  rest: AsyncGenerator<Buffer, void>
): AsyncGenerator<Buffer, void> {
  yield* first
  yield* rest
}
