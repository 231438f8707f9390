import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { meterPort, provide, type MetricOptions } from '@seaworthy/contract'
import { errors, errorsServerOptions, NotFoundError, type ErrorsOptions } from '../src/index.ts'

/** A text that must not be sent. */
export const secret = 'hunter2-not-for-clients'

export interface Line {
  level: number
  msg: string
  reqId?: string
  code?: string
  err?: { type?: string; message: string; stack?: string; cause?: { message: string } }
  [key: string]: unknown
}

export interface Built {
  app: FastifyInstance
  /** The lines logged so far. */
  lines: Line[]
  /** The lines that this plugin has logged for requests. */
  requestLines: () => Line[]
  /** The values of `errors_total`, by `code status`. */
  counts: Map<string, number>
}

/** A stand-in for the meter that keeps the counts, and lists the series that are bound and the families that are made. */
export function countingMeter(
  counts: Map<string, number>,
  bound: string[][] = [],
  families: MetricOptions[] = []
) {
  const counter = (options: MetricOptions) => {
    families.push(options)
    return {
      with(...values: string[]) {
        bound.push(values)
        const key = values.join(' ')
        return { inc: (by = 1) => void counts.set(key, (counts.get(key) ?? 0) + by) }
      },
      name: options.name
    }
  }
  return { counter, gauge: counter as never, histogram: counter as never }
}

/** Builds an app with the plugin, a kept log and a meter. `routes` adds its routes. */
export async function build(
  t: Test,
  options: ErrorsOptions = {},
  routes: (app: FastifyInstance) => unknown = () => undefined,
  server: FastifyServerOptions = {}
): Promise<Built> {
  const lines: Line[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line) as Line)
      done()
    }
  })
  const app = Fastify({ ...errorsServerOptions(options), logger: { stream }, ...server })
  const counts = new Map<string, number>()
  t.teardown(() => app.close())
  provide(app, meterPort, countingMeter(counts))
  await app.register(errors, options)
  await routes(app)
  await app.ready()
  const requestLines = () =>
    lines.filter(({ msg }) => /^errors: (request (failed|rejected)|malformed request rejected)$/.test(msg))
  return { app, lines, requestLines, counts }
}

/** A route whose handler throws an error for the client. */
export const failing = (app: FastifyInstance) =>
  app.get('/fails', async () => {
    throw new NotFoundError('User')
  })

/** Listens on a free port and returns it. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** A logger option that keeps each line as an object. */
export function keptLog(): { lines: Line[]; logger: { stream: { write(line: string): void } } } {
  const lines: Line[] = []
  return { lines, logger: { stream: { write: (line) => void lines.push(JSON.parse(line) as Line) } } }
}
