import { readableMembers, scrubAndCut } from '@seaworthy/internal'

const maxName = 100
const maxMessage = 1024
const maxStack = 4096
const maxCauses = 3

/** An error as it is logged. It has named fields only, so that no headers or request of an HTTP client come along. */
export interface LoggableError {
  name: string
  message: string
  code?: string
  statusCode?: number
  stack?: string
  cause?: LoggableError
}

/** Converts any thrown value for the log: bounded and without secrets. Never throws. */
export function loggable(error: unknown, withStack = true): LoggableError {
  try {
    return describe(error, withStack, 0)
  } catch {
    return Object.assign(Object.create(null) as LoggableError, { name: 'unreadable', message: '' })
  }
}

function describe(error: unknown, withStack: boolean, depth: number): LoggableError {
  // Without a prototype: pino takes an error's type from its constructor, which would be `Object`.
  const json = Object.create(null) as LoggableError
  if (typeof error !== 'object' || error === null) {
    json.name = `thrown ${error === null ? 'null' : typeof error}`
    json.message = typeof error === 'function' ? '' : scrubAndCut(String(error), maxMessage)
    return json
  }
  const { name, message, code, statusCode, cause } = fieldsOf(error)
  json.name = text(name, maxName) || (error instanceof Error ? 'Error' : 'thrown object')
  json.message = text(message, maxMessage)
  if (typeof code === 'string' || typeof code === 'number') json.code = text(`${code}`, maxName)
  if (typeof statusCode === 'number') json.statusCode = statusCode
  if (withStack) {
    // Only read if it is logged: the engine makes its text on the first read, which costs more than all the rest.
    const { stack } = readableMembers(error, ['stack'])
    if (typeof stack === 'string') json.stack = text(stack, maxStack)
  }
  if (cause !== undefined && cause !== null && depth < maxCauses)
    json.cause = describe(cause, withStack, depth + 1)
  return json
}

const fieldNames = ['name', 'message', 'code', 'statusCode', 'cause'] as const
type Fields = Partial<Record<(typeof fieldNames)[number], unknown>>

function fieldsOf(error: object): Fields {
  try {
    const { name, message, code, statusCode, cause } = error as Fields
    return { name, message, code, statusCode, cause }
  } catch {
    // A getter or a proxy threw.
    return { message: 'unreadable', ...readableMembers(error, fieldNames) }
  }
}

const text = (value: unknown, length: number): string =>
  typeof value === 'string' ? scrubAndCut(value, length) : ''
