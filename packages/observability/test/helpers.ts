import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import {
  observability,
  observabilityServerOptions,
  type ObservabilityOptions
} from '@seaworthy/observability'

export interface Line {
  level: number
  msg: string
  correlationId?: string
  traceId?: string
  statusCode?: number
  duration?: number
  [field: string]: unknown
}

export interface TestApp {
  app: FastifyInstance
  /** The lines so far, as they were written. */
  text: () => string
  lines: () => Line[]
  /** The lines about requests. */
  requests: () => Line[]
}

export interface KeptLog {
  stream: { write(line: string): void }
  /** The lines so far, as they were written. */
  text: () => string
  lines: () => Line[]
}

/** A destination of a logger that keeps what is written. */
export function keptLog(): KeptLog {
  let text = ''
  return {
    stream: { write: (line) => void (text += line) },
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line)
  }
}

/** An app with the plugin, made ready by its first request. `routes` adds the routes. */
export async function build(
  t: Test,
  options: ObservabilityOptions = {},
  routes: (app: FastifyInstance) => void = () => undefined,
  server: Record<string, unknown> = {}
): Promise<TestApp> {
  const { stream, text, lines } = keptLog()
  const { correlation, logging } = options
  const settings = observabilityServerOptions({ correlation, logging, logger: { stream } })
  const app = Fastify({ ...settings, ...server } as object) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(observability, options)
  routes(app)
  return {
    app,
    text,
    lines,
    requests: () => lines().filter(({ msg }) => /^request (completed|rejected)$/.test(msg))
  }
}

export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** The samples of a scrape: `name{labels}` to value. */
export function samples(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [sample = ''] = line.split(' # ')
    const space = sample.lastIndexOf(' ')
    found.set(sample.slice(0, space), Number(sample.slice(space + 1)))
  }
  return found
}

/** The sum of all samples of a name whose labels match. */
export function total(text: string, name: string, labels = /./): number {
  let sum = 0
  for (const [sample, value] of samples(text)) {
    if (sample.replace(/\{.*/, '') === name && labels.test(sample)) sum += value
  }
  return sum
}
