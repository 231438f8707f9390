/** The private parts of pino: the text of a line, and child loggers. Without them: `log[level](object, message)` and `log.child()`. */
import { tracingChannel } from 'node:diagnostics_channel'
import type { FastifyBaseLogger } from 'fastify'
import { symbolProperty } from '@seaworthy/internal'
import { isAppFunction } from '../library-function.ts'

/** The symbols under which a pino logger keeps what a line consists of. They belong to one copy of pino. */
export interface PinoSymbols {
  lsCache: symbol
  time: symbol
  chindings: symbol
  stream: symbol
  messageKey: symbol
  asJson: symbol
}

export interface Destination {
  write(text: string): unknown
  /** Set by pino before each line, where the destination asks for metadata. */
  lastLevel?: number
  /** Asks for metadata, and text is enough all the same. */
  readonly takesText?: boolean
  [flag: symbol]: unknown
}

type Pino = FastifyBaseLogger &
  Record<symbol, unknown> & {
    levelVal: number
    levels: { values: Record<string, number> }
    onChild?: (child: FastifyBaseLogger) => void
  }

/** Destinations with this flag read the object of each line, so that text alone is not enough for them. */
export const needsMetadata: unique symbol = Symbol.for('pino.metadata') as never

/** Agents listen here to the lines of pino 9.10 and newer. */
const asJsonChannel = tracingChannel('pino_asJson')

/** How the lines of a logger may be written: as text by its symbols, or only through its methods. */
export type LoggerInspection =
  | { readonly symbols: PinoSymbols }
  | { readonly symbols?: undefined; readonly reason: 'not pino' | 'customized' | 'incompatible' }

/**
 * Finds the symbols of a pino by their description, and compares a line of ours with one that pino writes. A logger
 * with mixins, redaction, hooks or serializers of the app is `customized`: its lines need more than these symbols. So is one
 * whose lines an agent reads or completes.
 *
 * @param safeErr - The serializer for `err` whose result the line already has.
 */
export function inspectLogger(logger: FastifyBaseLogger, safeErr: unknown): LoggerInspection {
  const found: Record<string, symbol> = {}
  let object: object | null = logger
  while (object !== null) {
    for (const symbol of Object.getOwnPropertySymbols(object)) found[symbol.description ?? ''] ??= symbol
    object = Object.getPrototypeOf(object) as object | null
  }
  if (!Object.keys(found).some((name) => name.startsWith('pino.'))) return { reason: 'not pino' }

  const { 'pino.lsCache': lsCache, 'pino.time': time, 'pino.chindings': chindings } = found
  const { 'pino.stream': stream, 'pino.messageKey': messageKey, 'pino.asJson': asJson } = found
  if (!lsCache || !time || !chindings || !stream || !messageKey || !asJson) return { reason: 'incompatible' }
  const maker = lineMaker(logger as Pino, asJson)
  const isRead = maker === 'wrapper' || asJsonChannel.hasSubscribers
  if (isRead || isCustomized(logger as Pino, found, safeErr)) return { reason: 'customized' }
  if (maker === 'unknown') return { reason: 'incompatible' }
  const symbols = { lsCache, time, chindings, stream, messageKey, asJson }
  return writesSameLine(logger as Pino, symbols) ? { symbols } : { reason: 'incompatible' }
}

/**
 * Which function makes a logger's lines: pino's own, one that an agent has wrapped around it, or one that this file does
 * not know. Agents put theirs on the logger or on its prototype, or write into pino's code as it is loaded.
 */
function lineMaker(logger: Pino, asJson: symbol): 'pino' | 'wrapper' | 'unknown' {
  let owner: object = logger
  while (!Object.hasOwn(owner, asJson)) owner = Object.getPrototypeOf(owner) as object
  const make = logger[asJson] as (...args: unknown[]) => string
  const code = Function.prototype.toString.call(make)
  if (!Object.hasOwn(owner, 'child') || /\.apply\(|\.publish\(|\brunStores\b|apm\$/.test(code))
    return 'wrapper'
  // A minifier keeps the number of parameters and the names of members.
  return make.length === 4 && /\.(?:traceSync|hasOwnProperty)\b/.test(code) ? 'pino' : 'unknown'
}

function isCustomized(logger: Pino, found: Record<string, symbol>, safeErr: unknown): boolean {
  const part = (name: string) =>
    logger[found[`pino.${name}`] ?? Symbol.iterator] as Record<string, unknown> | undefined
  // A part that is not set is undefined in one version of pino and null in another.
  const isSet = (name: string) => (part(name) ?? undefined) !== undefined
  // Serializers of the request and the response do not count: the line has no such fields.
  const hasSerializers = Object.entries(part('serializers') ?? {}).some(
    ([field, serialize]) => field !== 'req' && field !== 'res' && serialize !== safeErr
  )
  return (
    hasSerializers ||
    isSet('mixin') ||
    isSet('nestedKey') ||
    isSet('msgPrefix') ||
    !isAscending(part('levelComp')) ||
    (part('end') as unknown) === '}\r\n' ||
    isAppFunction(part('hooks')?.logMethod as object | undefined) ||
    part('hooks')?.streamWrite !== undefined ||
    isAppFunction(part('formatters')?.log as object | undefined) ||
    Reflect.ownKeys(part('stringifiers') ?? {}).length > 0
  )
}

/** Whether a level is written where its number is not below the logger's. Levels may also descend. */
const isAscending = (compare: unknown): boolean =>
  typeof compare !== 'function' || (compare(20, 10) === true && compare(10, 20) === false)

/** Whether a logger has the settings of this package. */
export function hasOwnLogMethod(logger: FastifyBaseLogger): boolean {
  const hooks = symbolProperty(logger, 'pino.hooks') as { logMethod?: object } | undefined
  return hooks?.logMethod !== undefined && !isAppFunction(hooks.logMethod)
}

/** The self-test: pino and this file write the same line, of the logger itself and of a child. */
function writesSameLine(logger: Pino, symbols: PinoSymbols): boolean {
  try {
    let written = ''
    const probe = Object.create(logger, {
      [symbols.stream]: { value: { write: (text: string) => (written = text) } },
      [symbols.time]: { value: () => ',"time":0' },
      // The app's listeners do not see the probe.
      emit: { value: () => false },
      onChild: { value: () => undefined }
    }) as Pino
    probe.level = 'error'
    const value = probe.levels.values.error!
    const end = lineEnd(probe, symbols)
    const fields = ',"test":{"a":"b"}'
    return [probe, childWithBindings(probe, symbols, ',"id":"1"')].every((log, index) => {
      const reference = index === 0 ? log : (probe.child({ id: '1' }) as Pino)
      reference.error({ test: { a: 'b' } }, 'self-test')
      return written === lineText(log, symbols, value, fields, end, 'self-test')
    })
  } catch {
    return false
  }
}

/** The beginning of the message in a line: `,"msg":`. */
export const lineEnd = (logger: FastifyBaseLogger, { messageKey }: PinoSymbols): string =>
  `,"${String((logger as Pino)[messageKey])}":`

/** One line. `fields` is JSON text with a comma before each field. */
export function lineText(
  log: FastifyBaseLogger,
  { lsCache, time, chindings }: PinoSymbols,
  level: number,
  fields: string,
  end: string,
  message: string
): string {
  const pino = log as Pino
  const heads = pino[lsCache] as Record<number, string>
  return `${heads[level]!}${(pino[time] as () => string)()}${pino[chindings] as string}${fields}${end}"${message}"}\n`
}

/**
 * Whether a request's logger still is a pino whose destination takes text: an app may put another in its place, wrap the
 * function that makes its lines, or start an agent that reads them.
 */
export function textDestination(
  log: FastifyBaseLogger,
  { lsCache, time, stream, asJson }: PinoSymbols,
  plainAsJson: unknown
): Destination | undefined {
  if (asJsonChannel.hasSubscribers) return undefined
  const pino = log as Pino
  const destination = pino[stream] as Destination | undefined
  const isText =
    destination !== undefined &&
    (destination[needsMetadata] !== true || destination.takesText === true) &&
    pino[lsCache] !== undefined &&
    pino[time] !== undefined &&
    pino[asJson] === plainAsJson
  return isText ? destination : undefined
}

/**
 * A child logger that differs from its parent only in its bindings. pino's `child` sets up levels and serializers anew.
 */
export function childWithBindings(
  parent: FastifyBaseLogger,
  { chindings }: PinoSymbols,
  bindings: string
): FastifyBaseLogger {
  const child = Object.create(parent) as Pino
  child[chindings] = ((parent as Pino)[chindings] as string) + bindings
  child.onChild?.(child)
  return child
}

/** Replaces a text in the bindings of a request's logger. A logger that is no pino keeps it. */
export function replaceInBindings(log: FastifyBaseLogger, text: string, replacement: string): void {
  const symbol = Object.getOwnPropertySymbols(log).find(({ description }) => description === 'pino.chindings')
  const bindings = symbol && (log as unknown as Record<symbol, unknown>)[symbol]
  if (typeof bindings === 'string')
    Object.assign(log, { [symbol!]: bindings.replace(text, () => replacement) })
}

/** The symbol under which a logger keeps its destination. `undefined` for one that is no pino. */
export function streamSymbol(logger: FastifyBaseLogger): symbol | undefined {
  for (
    let object: object | null = logger;
    object !== null;
    object = Object.getPrototypeOf(object) as object
  ) {
    const symbol = Object.getOwnPropertySymbols(object).find(
      ({ description }) => description === 'pino.stream'
    )
    if (symbol !== undefined) return symbol
  }
  return undefined
}

/** Where a logger writes its lines. */
export const destinationOf = (logger: FastifyBaseLogger, stream: symbol): Destination =>
  (logger as Pino)[stream] as Destination

/** Has one logger, and its children, write to another destination. */
export const setDestination = (logger: FastifyBaseLogger, stream: symbol, destination: Destination): void =>
  void ((logger as Pino)[stream] = destination)

/** A logger that differs from another one in its level alone. Listeners to changes of the level are not called. */
export function raisedLogger(logger: FastifyBaseLogger, level: string): FastifyBaseLogger {
  const raised = Object.create(logger, { emit: { value: () => false, configurable: true } }) as Pino
  raised.level = level
  delete (raised as { emit?: unknown }).emit
  return raised
}

/** The names of a logger's levels and of its message. */
export function namesOf(logger: FastifyBaseLogger): { messageKey?: string; labels: Record<number, string> } {
  const messageKey = symbolProperty(logger, 'pino.messageKey')
  const { levels } = logger as unknown as { levels?: { labels?: Record<number, string> } }
  return { ...(typeof messageKey === 'string' ? { messageKey } : {}), labels: levels?.labels ?? {} }
}
