// An app with the preset, and the lines of its log.
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

export const jwt = { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }

/** A line of a log. */
export type LogLine = Record<string, unknown>

/** A stream that keeps the lines of a log. */
export function keptLines(): { lines: LogLine[]; stream: { write(line: string): void } } {
  const lines: LogLine[] = []
  return { lines, stream: { write: (line) => void lines.push(JSON.parse(line) as LogLine) } }
}

/** Builds an app with the preset, and keeps its log lines. */
export async function build(
  t: Test,
  options: SeaworthyOptions = {},
  before: (app: FastifyInstance) => unknown = () => undefined
) {
  const { lines, stream } = keptLines()
  const base = serverOptions(options) as FastifyServerOptions
  const logger = typeof base.logger === 'object' ? { ...base.logger, stream } : { stream }
  const app = Fastify({ ...base, logger } as FastifyServerOptions) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await before(app)
  await app.register(seaworthy, options)
  return { app, lines }
}

/** The entry of a part in the report. */
export const stateOf = (app: FastifyInstance, part: string) =>
  app.seaworthy.report().parts.find((entry) => entry.part === part)
