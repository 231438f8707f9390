import { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { readableMembers, scrubAndCut } from '@seaworthy/internal'
import { markAsLibrary } from '../library-function.ts'
import { errorJson, errSerializer, type ErrorJson } from './bounded-json.ts'
import { isError } from './is-error.ts'
import { outliveWrites } from './outlive-writes.ts'
import { redact, redactText } from './redact.ts'
import { textOf } from './text-of.ts'

type Fields = Record<string, unknown>
type LogMethod = (
  this: unknown,
  args: unknown[],
  method: (...args: unknown[]) => void,
  level?: number
) => void

/** pino's number for lines that it writes at once. */
const fatal = 60

/**
 * Removes secrets from what a service logs by itself: in texts, and in fields that are named like one. pino takes an error's
 * message for the line's where there is no other. A value that cannot be logged is no reason for a request to fail.
 */
export const safeLogMethod: LogMethod = markAsLibrary(function logMethod(this: unknown, args, method, level) {
  try {
    // Such a line may come before the plugin is registered, which does the same.
    if (level === fatal) outliveWrites(this as FastifyBaseLogger)
    method.apply(this, safeArguments(args))
  } catch (error) {
    const reason = redactText(textOf(error))
    method.call(
      this,
      `observability: a line could not be written (${reason}); going on without it; correct the value, or the serializer of the logger`
    )
  }
} satisfies LogMethod)

/** In place: pino makes the list for each call. */
function safeArguments(args: unknown[]): unknown[] {
  const all = withError(args)
  const [first, message] = all
  if (typeof first === 'object' && first !== null && message === undefined) {
    const { msg, message: text, body, err } = isError(first) ? ({} as Fields) : (first as Fields)
    const error = isError(first) ? first : (msg ?? text ?? body) === undefined ? err : undefined
    if (isError(error)) all[1] = scrubAndCut(messageOf(error), maxMessage)
  }
  // For pino, an error of another realm is an object with fields.
  if (isError(first) && !(first instanceof Error)) all[0] = { err: first }
  for (const [index, value] of all.entries()) {
    all[index] =
      index === 0 && typeof value === 'object' && value !== null ? safeFields(value) : safeParameter(value)
  }
  return all
}

/** pino drops an error behind a text without a placeholder: `log.error('it failed', error)`. */
function withError(args: unknown[]): unknown[] {
  const error = args.at(-1)
  const text = args.at(-2)
  if (args.length > 3 || !isError(error) || typeof text !== 'string' || text.includes('%')) return args
  if (args.length === 2) return [{ err: error }, text]
  const [fields] = args
  const isFree = typeof fields === 'object' && fields !== null && !isError(fields) && !('err' in fields)
  return isFree ? [{ ...fields, err: error }, text] : args
}

/** A value for a placeholder. JSON has no text for a symbol, and `%s` would show `[object Object]` of an error. */
function safeParameter(value: unknown): unknown {
  if (typeof value === 'symbol') return value.toString()
  if (typeof value !== 'object' || !isError(value)) return redact(value)
  const json = errorJson(value)
  return Object.defineProperty(json, 'toString', { value: () => `${json.type}: ${json.message}` })
}

function messageOf(error: Error): string {
  // A getter may throw.
  const { message = 'unreadable' } = readableMembers(error, ['message'])
  return typeof message === 'string' ? message : ''
}

const maxMessage = 4096

/** Fields that have a serializer. */
const serialized = ['err', 'req', 'res']

/** The fields of a line. An error, a request and a response have a serializer. */
export function safeFields(fields: object): object {
  if (fields instanceof Error || fields instanceof IncomingMessage || fields instanceof ServerResponse)
    return fields
  const kept = serialized.filter((name) => name in fields)
  if (kept.length === 0) {
    const clean = redact(fields)
    // A URL with a password, or bytes. pino would take a text for the message.
    return typeof clean === 'object' && clean !== null ? clean : { value: clean }
  }
  const { err, req, res, ...others } = fields as Fields
  const all: Fields = { err, req, res }
  return { ...Object.fromEntries(kept.map((name) => [name, all[name]])), ...(redact(others) as object) }
}

/** Has every error of a log under the app's own name. The lines of requests and of Fastify have it as `err`. */
export const errorRenamer =
  (errorKey: string): ((line: Fields) => Fields) =>
  (line) => {
    if (!('err' in line) || errorKey in line) return line
    const { err, ...others } = line
    return { ...others, [errorKey]: err }
  }

type FieldName = (name: string, value: unknown) => string

/** Gives the errors of a service's lines the names of the platform, and its fields names that the platform takes. */
export const errorFormatter = (
  fieldsOf: (err: ErrorJson) => Fields,
  errorKey: string,
  fieldName?: FieldName
): ((line: Fields) => Fields) =>
  markAsLibrary((all: Fields) => {
    const line = fieldName === undefined ? all : renamed(all, fieldName)
    const name = errorKey in line ? errorKey : 'err'
    const { [name]: err, ...others } = line
    if (typeof err !== 'object' || err === null) return line
    const json = isError(err) ? errorJson(err) : (errSerializer(err) as ErrorJson)
    return typeof json?.message === 'string' ? { ...others, ...fieldsOf(json) } : line
  })

function renamed(line: Fields, fieldName: FieldName): Fields {
  let copy: Fields | undefined
  for (const [name, value] of Object.entries(line)) {
    const other = fieldName(name, value)
    if (other === name) continue
    copy ??= { ...line }
    delete copy[name]
    copy[other] = value
  }
  return copy ?? line
}
