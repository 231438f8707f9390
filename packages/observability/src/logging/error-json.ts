import { boundedValue } from './bounded-json.ts'
import { Budget } from './byte-budget.ts'

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

/** What an error may take of a line of 16 KB. */
export const maxErrorBytes = 8192

const maxMessage = 1024
const maxStack = 4096
const maxDepth = 3
const maxErrors = 3
// The fields' names and punctuation.
const around = 80

/** Bounded, free of cycles and of all fields that nobody allowed (a client's request, its headers). */
export function errorJson(error: unknown, budget: Budget = new Budget(maxErrorBytes), depth = 0): ErrorJson {
  budget.pay(around)
  if (typeof error !== 'object' || error === null) {
    return { type: typeof error, message: budget.text(String(error), maxMessage) }
  }
  const { name, message, code, statusCode, stack, cause, errors } = fieldsOf(error)
  const json: ErrorJson = {
    type: budget.text(typeof name === 'string' ? name : 'Error', 100),
    message: budget.text(typeof message === 'string' ? message : '', maxMessage)
  }
  if (typeof code === 'string' || typeof code === 'number') json.code = budget.text(`${code}`, 100)
  if (typeof statusCode === 'number') json.statusCode = statusCode
  if (typeof stack === 'string') {
    json.stack = budget.text(shortStack(stack, message), depth === 0 ? maxStack : maxStack / 4)
  }
  if (cause !== undefined && cause !== null) {
    json.cause = depth < maxDepth && !budget.spent ? errorJson(cause, budget, depth + 1) : leftOut(1)
  }
  if (Array.isArray(errors)) json.errors = errorList(errors, budget, depth)
  return json
}

function fieldsOf(error: object): Record<string, unknown> {
  try {
    const { name, message, code, statusCode, stack, cause, errors } = error as Record<string, unknown>
    return { name, message, code, statusCode, stack, cause, errors }
  } catch {
    // A getter or a proxy of somebody else's.
    return { message: 'unreadable' }
  }
}

function errorList(errors: readonly unknown[], budget: Budget, depth: number): ErrorJson[] {
  const list: ErrorJson[] = []
  for (const error of depth < maxDepth ? errors.slice(0, maxErrors) : []) {
    if (budget.spent) break
    list.push(errorJson(error, budget, maxDepth))
  }
  const missing = errors.length - list.length
  return missing === 0 ? list : [...list, leftOut(missing)]
}

const leftOut = (count: number): ErrorJson => ({ type: '…', message: `${count} more` })

/** A stack repeats the message, which may be megabytes: leave the frames their share. */
function shortStack(stack: string, message: unknown): string {
  const long = typeof message === 'string' && message.length > maxMessage
  return long ? stack.replace(message, () => `${message.slice(0, maxMessage)}…`) : stack
}

/** For pino's `serializers.err`, which gets whatever was thrown. */
export const errSerializer = (value: unknown): unknown =>
  value instanceof Error ? errorJson(value) : boundedValue(value, new Budget(maxErrorBytes))
