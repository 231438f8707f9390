import { scrubText } from './scrub.ts'

/** An error as it is logged: an allow-list of fields, each bounded, causes to a depth. */
export interface ErrorJson {
  type: string
  message: string
  code?: string
  statusCode?: number
  stack?: string
  cause?: ErrorJson
  errors?: ErrorJson[]
}

const maxMessage = 1024
const maxStack = 4096
const maxDepth = 3
const maxErrors = 3

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}… (${text.length - length} more)` : text

/** Bounded, free of cycles and of all fields that nobody allowed (a client's request, its headers). */
export function errorJson(error: unknown, depth = 0): ErrorJson {
  // Cut first, so that scrubbing looks at little; then scrub.
  if (typeof error !== 'object' || error === null) {
    return { type: typeof error, message: scrubText(cut(String(error), maxMessage)) }
  }
  const { name, message, code, statusCode, stack, cause, errors } = error as Record<string, unknown>
  const json: ErrorJson = {
    type: cut(typeof name === 'string' ? name : 'Error', 100),
    message: scrubText(cut(typeof message === 'string' ? message : '', maxMessage))
  }
  if (typeof code === 'string' || typeof code === 'number') json.code = cut(`${code}`, 100)
  if (typeof statusCode === 'number') json.statusCode = statusCode
  if (typeof stack === 'string') json.stack = shortStack(stack, message, depth)
  if (depth < maxDepth && cause !== undefined && cause !== null) json.cause = errorJson(cause, depth + 1)
  if (depth < maxDepth && Array.isArray(errors)) {
    json.errors = errors.slice(0, maxErrors).map((inner) => errorJson(inner, maxDepth))
  }
  return json
}

/** A stack repeats the message, which may be megabytes: leave the frames their share. */
function shortStack(stack: string, message: unknown, depth: number): string {
  const limit = depth === 0 ? maxStack : maxStack / 4
  const long = typeof message === 'string' && message.length > maxMessage
  const short = long ? stack.replace(message, () => cut(message, maxMessage)) : stack
  return scrubText(cut(short, limit))
}

/** For pino's `serializers.err`: what is no error passes. */
export const errSerializer = (value: unknown): unknown => (value instanceof Error ? errorJson(value) : value)
