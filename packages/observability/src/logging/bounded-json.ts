import { namesSecret, readableMembers, scrubAndCut } from '@seaworthy/internal'
import { ByteBudget } from './byte-budget.ts'
import { isError } from './is-error.ts'
import { textOf } from './text-of.ts'
import { isNamedSecret, isValueName, namesHeaders, withoutNamedSecrets } from './named-values.ts'

/**
 * An error as it is logged: an allow-list of fields, each bounded, with causes to a depth of three.
 *
 * @example
 * const line = JSON.parse('{"err":{"type":"Error","message":"connect ECONNREFUSED"}}') as { err: ErrorJson }
 * console.log(line.err.message, line.err.cause?.message)
 */
export interface ErrorJson {
  type: string
  message: string
  code?: string
  statusCode?: number
  stack?: string
  cause?: ErrorJson
  errors?: ErrorJson[]
}

/** Bytes of an error in a line of 16 KB. */
const maxErrorBytes = 8192

const maxMessage = 1024
const maxStack = 4096
const maxCauses = 3
const maxErrors = 3
// The names of the fields and the punctuation.
const errorOverhead = 80

const maxText = 4096
const maxDepth = 8
const maxMembers = 50

/** Bounded, without cycles, and without fields that are not on the list: clients add the request and its headers. */
export function errorJson(
  error: unknown,
  budget: ByteBudget = new ByteBudget(maxErrorBytes),
  depth = 0
): ErrorJson {
  budget.pay(errorOverhead)
  if (typeof error !== 'object' || error === null) {
    // The text of a function is its code.
    const text = typeof error === 'function' ? '' : textOf(error)
    return { type: typeof error, message: budget.text(text, maxMessage) }
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
    json.cause = depth < maxCauses && !budget.spent ? errorJson(cause, budget, depth + 1) : omitted(1)
  }
  const list = listOf(errors)
  if (list !== undefined) json.errors = errorList(list, budget, depth)
  return json
}

const fieldNames = ['name', 'message', 'code', 'statusCode', 'stack', 'cause', 'errors'] as const
type Fields = Partial<Record<(typeof fieldNames)[number], unknown>>

function fieldsOf(error: object): Fields {
  try {
    const { name, message, code, statusCode, stack, cause, errors } = error as Fields
    return { name, message, code, statusCode, stack, cause, errors }
  } catch {
    // A getter or a proxy threw, or a name without a text, of which V8 makes the stack.
    return { message: 'unreadable', ...readableMembers(error, fieldNames) }
  }
}

/** A copy of the list of an aggregate error. `undefined` for anything else, and for a proxy that throws. */
function listOf(errors: unknown): readonly unknown[] | undefined {
  try {
    return Array.isArray(errors) ? errors.slice() : undefined
  } catch {
    return undefined
  }
}

function errorList(errors: readonly unknown[], budget: ByteBudget, depth: number): ErrorJson[] {
  const list: ErrorJson[] = []
  for (const error of depth < maxCauses ? errors.slice(0, maxErrors) : []) {
    if (budget.spent) break
    list.push(errorJson(error, budget, maxCauses))
  }
  const missing = errors.length - list.length
  return missing === 0 ? list : [...list, omitted(missing)]
}

const omitted = (count: number): ErrorJson => ({ type: '…', message: `${count} more` })

/** A stack repeats the message, which may be megabytes long: this leaves room for the frames. */
function shortStack(stack: string, message: unknown): string {
  const long = typeof message === 'string' && message.length > maxMessage
  return long ? stack.replace(message, () => `${scrubAndCut(message, maxMessage)}…`) : stack
}

/** pino's `serializers.err`. Its argument may be anything. */
export const errSerializer = (value: unknown): unknown =>
  isError(value) ? errorJson(value) : boundedValue(value, new ByteBudget(maxErrorBytes))

/**
 * A copy of any value for a log line: without cycles, of limited depth and bytes, without the values of members that
 * are named like secrets.
 */
export function boundedValue(value: unknown, budget: ByteBudget, depth = 0): unknown {
  if (typeof value === 'string') return budget.text(value, maxText)
  if (typeof value === 'bigint') return budget.text(`${value}`, 100)
  if (typeof value === 'object' && value !== null) return boundedObject(value, budget, depth)
  budget.pay(8)
  // JSON leaves out functions and symbols.
  return value
}

function boundedObject(value: object, budget: ByteBudget, depth: number): unknown {
  if (isError(value)) return errorJson(value, budget, Math.min(depth, 1))
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (depth >= maxDepth) return '…'
  try {
    const { toJSON } = value as { toJSON?: () => unknown }
    if (typeof toJSON !== 'function') return boundedMembers(value, budget, depth)
    const json: unknown = toJSON.call(value)
    return typeof json === 'object' && json !== null
      ? boundedMembers(json, budget, depth)
      : boundedValue(json, budget, depth)
  } catch (error) {
    // A getter threw.
    return budget.text(`unreadable: ${textOf(error)}`, 200)
  }
}

function boundedMembers(value: object, budget: ByteBudget, depth: number): unknown {
  if (Array.isArray(value)) return boundedItems(withoutNamedSecrets(value, false), budget, depth)
  const hidesValue = isNamedSecret(value)
  const copy: Record<string, unknown> = {}
  let count = 0
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    if (count++ === maxMembers || budget.spent) {
      copy['…'] = 'more'
      break
    }
    const member = (value as Record<string, unknown>)[name]
    const key = budget.text(name, 100)
    copy[key] =
      namesSecret(name) || (hidesValue && isValueName(name))
        ? '[redacted]'
        : boundedValue(withoutHeaders(name, member), budget, depth + 1)
    budget.pay(4)
  }
  return copy
}

const withoutHeaders = (name: string, member: unknown): unknown =>
  Array.isArray(member) && namesHeaders(name) ? withoutNamedSecrets(member, true) : member

function boundedItems(list: readonly unknown[], budget: ByteBudget, depth: number): unknown[] {
  const copy: unknown[] = []
  while (copy.length < Math.min(list.length, maxMembers) && !budget.spent) {
    copy.push(boundedValue(list[copy.length], budget, depth + 1))
    budget.pay(4)
  }
  return copy.length < list.length ? [...copy, `… (${list.length - copy.length} more)`] : copy
}
