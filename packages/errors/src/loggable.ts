const maxMessage = 1024
const maxStack = 4096
const maxCauses = 3

/** An error as it is logged: named fields only, so that no client's request or headers come along. */
export interface LoggableError {
  name: string
  message: string
  code?: string
  statusCode?: number
  stack?: string
  cause?: LoggableError
}

const text = (value: unknown, length: number): string =>
  typeof value === 'string' ? value.slice(0, length) : ''

function describe(error: unknown, withStack: boolean, depth: number): LoggableError {
  // No prototype: pino takes an error's type from its constructor, and `Object` says nothing.
  const json = Object.create(null) as LoggableError
  if (typeof error !== 'object' || error === null) {
    json.name = `thrown ${error === null ? 'null' : typeof error}`
    json.message = typeof error === 'function' ? '' : text(String(error), maxMessage)
    return json
  }
  const { name, message, code, statusCode, cause } = error as Record<string, unknown>
  json.name = text(name, 100) || (error instanceof Error ? 'Error' : 'thrown object')
  json.message = text(message, maxMessage)
  if (typeof code === 'string' || typeof code === 'number') json.code = text(`${code}`, 100)
  if (typeof statusCode === 'number') json.statusCode = statusCode
  if (withStack) {
    // Read only where it is wanted: the engine makes the text when it is first read, which costs more than the rest.
    const { stack } = error as { stack?: unknown }
    if (typeof stack === 'string') json.stack = stack.slice(0, maxStack)
  }
  if (cause !== undefined && cause !== null && depth < maxCauses)
    json.cause = describe(cause, withStack, depth + 1)
  return json
}

/** Safe for any thrown value. */
export function loggable(error: unknown, withStack = true): LoggableError {
  try {
    return describe(error, withStack, 0)
  } catch {
    return Object.assign(Object.create(null) as LoggableError, { name: 'unreadable', message: '' })
  }
}
