import type { FastifyBaseLogger } from 'fastify'
import { inspectLogger, lineEnd, lineText, textDestination } from '../internals/index.ts'
import { errSerializer, type ErrorJson } from './bounded-json.ts'
import type { LogLevel } from './levels.ts'
import { named } from './safe-error.ts'
import { textOf } from './text-of.ts'

/** Writes one line: fields as JSON text, each with a comma before it. */
export type WriteLine = (log: FastifyBaseLogger, level: LogLevel, fields: string, message: string) => void

export interface LineWriter {
  write: WriteLine
  /** Whether a line of this level may be written. If not, it needs no text. */
  takes: (log: FastifyBaseLogger, level: LogLevel) => boolean
}

/** A pino whose levels have numbers. */
type Leveled = FastifyBaseLogger & { levelVal: number; levels: { values: Record<string, number> } }

/**
 * pino writes `level, time, bindings, fields, message`. Where a logger does only that, the text of the fields is put
 * between its own parts. Loggers with mixins, redaction or hooks, those whose lines an agent reads or completes, and those of
 * another kind, get an object.
 */
export function lineWriter(root: FastifyBaseLogger): LineWriter {
  const { symbols } = inspectLogger(root, errSerializer)
  if (symbols === undefined) return { write: writeObject, takes: () => true }

  const { values } = (root as Leveled).levels
  const end = lineEnd(root, symbols)
  const plainAsJson = (root as unknown as Record<symbol, unknown>)[symbols.asJson]
  const takes: LineWriter['takes'] = (log, level) => (log as Leveled).levelVal <= values[level]!
  const write: WriteLine = (log, level, fields, message) => {
    const value = values[level]!
    if ((log as Leveled).levelVal > value) return
    const destination = textDestination(log, symbols, plainAsJson)
    if (destination === undefined) return writeObject(log, level, fields, message)
    if (destination.takesText === true) destination.lastLevel = value
    destination.write(lineText(log, symbols, value, fields, end, message))
  }
  return { write, takes }
}

const writeObject: WriteLine = (log, level, fields, message) => {
  try {
    log[level](parsedFields(fields), message)
  } catch (error) {
    // A serializer, formatter or mixin of the app. Its request is over: the error would end the process.
    process.emitWarning(
      `observability: "${message}" could not be logged (${textOf(error)}); going on without the line; correct the serializer, formatter or mixin of the logger`
    )
  }
}

function parsedFields(fields: string): object {
  const line = JSON.parse(`{${fields.slice(1)}}`) as { err?: ErrorJson }
  if (line.err !== undefined) named(line.err)
  return line
}
