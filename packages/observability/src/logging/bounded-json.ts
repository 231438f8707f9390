import type { Budget } from './byte-budget.ts'
import { errorJson } from './error-json.ts'
import { namesSecret } from './scrub-path.ts'

const maxText = 4096
const maxDepth = 8
const maxMembers = 50

/**
 * A copy for a log line of a value that may be anything: no cycles, no depth without end, no more bytes than the budget
 * has, no values of members that are named like secrets.
 */
export function boundedValue(value: unknown, budget: Budget, depth = 0): unknown {
  if (typeof value === 'string') return budget.text(value, maxText)
  if (typeof value === 'bigint') return budget.text(`${value}`, 100)
  if (typeof value === 'object' && value !== null) return boundedObject(value, budget, depth)
  budget.pay(8)
  // JSON leaves out functions and symbols by itself.
  return value
}

function boundedObject(value: object, budget: Budget, depth: number): unknown {
  if (value instanceof Error) return errorJson(value, budget, Math.min(depth, 1))
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (depth >= maxDepth) return '…'
  try {
    const { toJSON } = value as { toJSON?: () => unknown }
    if (typeof toJSON === 'function') {
      const json: unknown = toJSON.call(value)
      return typeof json === 'object' && json !== null
        ? members(json, budget, depth)
        : boundedValue(json, budget, depth)
    }
    return members(value, budget, depth)
  } catch (error) {
    // A getter of somebody else's.
    return budget.text(`unreadable: ${String(error)}`, 200)
  }
}

function members(value: object, budget: Budget, depth: number): unknown {
  if (Array.isArray(value)) return items(value, budget, depth)
  const copy: Record<string, unknown> = {}
  let count = 0
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    if (count++ === maxMembers || budget.spent) {
      copy['…'] = 'more'
      break
    }
    const inner = (value as Record<string, unknown>)[name]
    const key = budget.text(name, 100)
    copy[key] = namesSecret(name) ? '[redacted]' : boundedValue(inner, budget, depth + 1)
    budget.pay(4)
  }
  return copy
}

function items(list: readonly unknown[], budget: Budget, depth: number): unknown[] {
  const copy: unknown[] = []
  while (copy.length < Math.min(list.length, maxMembers) && !budget.spent) {
    copy.push(boundedValue(list[copy.length], budget, depth + 1))
    budget.pay(4)
  }
  return copy.length < list.length ? [...copy, `… (${list.length - copy.length} more)`] : copy
}
