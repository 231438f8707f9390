import { IncomingMessage, ServerResponse } from 'node:http'
import { scrubAndCut } from '@seaworthy/internal'
import { markAsLibrary } from '../library-function.ts'
import { errorJson, errSerializer, type ErrorJson } from './bounded-json.ts'
import { isError } from './is-error.ts'
import { redact } from './redact.ts'

type Fields = Record<string, unknown>
type LogMethod = (this: unknown, args: unknown[], method: (...args: unknown[]) => void) => void

/**
 * Removes secrets from what a service logs by itself: in texts, and in fields that are named like one. pino takes an error's
 * message for the line's where there is no other.
 */
export const safeLogMethod: LogMethod = markAsLibrary(function logMethod(this: unknown, args, method) {
  const [first, message] = args
  if (typeof first === 'object' && first !== null && message === undefined) {
    const { msg, message: text, body, err } = first as Fields
    const error = isError(first) ? first : (msg ?? text ?? body) === undefined ? err : undefined
    const { message: errorMessage }: { message?: unknown } = isError(error) ? error : {}
    if (typeof errorMessage === 'string') args[1] = scrubAndCut(errorMessage, maxMessage)
  }
  // For pino, an error of another realm is an object with fields.
  if (isError(first) && !(first instanceof Error)) args[0] = { err: first }
  for (const [index, value] of args.entries()) {
    args[index] =
      index === 0 && typeof value === 'object' && value !== null ? safeFields(value) : redact(value)
  }
  method.apply(this, args)
} satisfies LogMethod)

const maxMessage = 4096

/** Fields that have a serializer. */
const serialized = ['err', 'req', 'res']

/** The fields of a line. An error, a request and a response have a serializer. */
export function safeFields(fields: object): object {
  if (fields instanceof Error || fields instanceof IncomingMessage || fields instanceof ServerResponse)
    return fields
  const kept = serialized.filter((name) => name in fields)
  if (kept.length === 0) return redact(fields) as object
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
