import type { FastifyBaseLogger } from 'fastify'
import type { LogLevel } from './options.ts'
import { errSerializer } from './error-json.ts'

interface Stream {
  write(text: string): unknown
  [metadata: symbol]: unknown
}
type Pino = FastifyBaseLogger &
  Record<symbol, unknown> & { levelVal: number; levels: { values: Record<string, number> } }

/** Writes one line: fields as JSON text, each with a comma before it. */
export type WriteLine = (log: FastifyBaseLogger, level: LogLevel, fields: string, message: string) => void

/**
 * pino's logger writes `level, time, bindings, fields, message`. Where it does only that, the fields' text is put
 * between its own parts. Where mixins, redaction, hooks or another logger are at work, they get an object.
 */
export function lineWriter(root: FastifyBaseLogger): WriteLine {
  const keys = plainPino(root)
  if (keys === undefined) return (log, level, fields, message) => log[level](parsed(fields), message)

  const { lsCache, time, chindings, stream: streamKey, messageKey } = keys
  const values = (root as Pino).levels.values
  const end = `"${String((root as Pino)[messageKey])}":`
  return (log, level, fields, message) => {
    const pino = log as Pino
    const value = values[level]!
    if (pino.levelVal > value) return
    const stream = pino[streamKey] as Stream | undefined
    const heads = pino[lsCache] as Record<number, string> | undefined
    const now = pino[time] as (() => string) | undefined
    // Somebody put a logger of another kind onto this request.
    if (stream === undefined || heads === undefined || now === undefined || stream[metadata] === true) {
      return pino[level](parsed(fields), message)
    }
    stream.write(
      `${heads[value]!}${now.call(pino)}${pino[chindings] as string}${fields},${end}"${message}"}\n`
    )
  }
}

const metadata = Symbol.for('pino.metadata')

function parsed(fields: string): object {
  const line = JSON.parse(`{${fields.slice(1)}}`) as { err?: { type: string } }
  // pino's serializer for errors takes an object with a message for one, and names it after its constructor.
  const { err } = line
  if (err !== undefined)
    Object.defineProperties(err, { name: { value: err.type }, constructor: { value: undefined } })
  return line
}

/** The symbols under which a pino keeps its parts. */
export interface PinoKeys {
  lsCache: symbol
  time: symbol
  chindings: symbol
  stream: symbol
  messageKey: symbol
}

/** pino's symbols belong to its copy, so they are found by name; undefined where a line needs more than them. */
export function plainPino(root: FastifyBaseLogger): PinoKeys | undefined {
  const found: Record<string, symbol> = {}
  for (
    let object: object | null = root;
    object !== null;
    object = Object.getPrototypeOf(object) as object | null
  ) {
    for (const symbol of Object.getOwnPropertySymbols(object)) found[symbol.description ?? ''] ??= symbol
  }
  const of = (name: string) =>
    (root as Pino)[found[`pino.${name}`] ?? Symbol.iterator] as Record<string, unknown> | undefined
  const { 'pino.lsCache': lsCache, 'pino.time': time, 'pino.chindings': chindings } = found
  const { 'pino.stream': stream, 'pino.messageKey': messageKey } = found
  if (!lsCache || !time || !chindings || !stream || !messageKey) return undefined

  // What isn't set is undefined in one version of pino and null in another.
  const given = (name: string) => (of(name) ?? undefined) !== undefined
  // Serialisers of the app's own: the request's and the answer's aside, whose fields the line doesn't have.
  const serializers = Object.entries(of('serializers') ?? {}).some(
    ([field, serialize]) => field !== 'req' && field !== 'res' && serialize !== errSerializer
  )
  const special =
    serializers ||
    given('mixin') ||
    given('nestedKey') ||
    given('msgPrefix') ||
    of('hooks')?.logMethod !== undefined ||
    of('hooks')?.streamWrite !== undefined ||
    of('formatters')?.log !== undefined ||
    Reflect.ownKeys(of('stringifiers') ?? {}).length > 0
  return special ? undefined : { lsCache, time, chindings, stream, messageKey }
}
