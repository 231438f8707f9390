import { isError } from '../logging/is-error.ts'
import { redact } from '../logging/redact.ts'

const maxDepth = 4
const maxErrors = 20

/**
 * An error without secrets, for a sink: in its message, its stack, its members and its causes. One that has none is
 * returned as it is; else a copy of the same class.
 */
export function scrubError(error: unknown, depth = 0): unknown {
  if (!isError(error)) return redact(error)
  if (depth === maxDepth) return new Error('…')
  try {
    const changed = new Map<string, unknown>()
    for (const name of ['message', 'stack', ...Object.getOwnPropertyNames(error)]) {
      const value: unknown = Reflect.get(error, name)
      const clean = scrubMember(name, value, depth)
      if (clean !== value) changed.set(name, clean)
    }
    return changed.size === 0 ? error : copyOf(error, changed)
  } catch {
    // A getter or a proxy threw.
    return new Error('unreadable')
  }
}

function scrubMember(name: string, value: unknown, depth: number): unknown {
  if (isError(value)) return scrubError(value, depth + 1)
  if (name === 'errors' && Array.isArray(value)) return scrubErrors(value, depth)
  const clean = redact({ [name]: value }) as Record<string, unknown>
  return clean[name]
}

function scrubErrors(errors: readonly unknown[], depth: number): readonly unknown[] {
  const clean = errors.slice(0, maxErrors).map((error) => scrubError(error, depth + 1))
  return clean.length === errors.length && clean.every((error, index) => error === errors[index])
    ? errors
    : clean
}

/** An error of the engine, as trackers test for, with the class and the members of the first one. */
function copyOf(error: Error, changed: ReadonlyMap<string, unknown>): Error {
  const copy = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error) as object) as Error
  const names = new Set(['stack', ...Object.getOwnPropertyNames(error), ...changed.keys()])
  for (const name of names) {
    const { enumerable = false } = Object.getOwnPropertyDescriptor(error, name) ?? {}
    const value: unknown = changed.has(name) ? changed.get(name) : Reflect.get(error, name)
    Object.defineProperty(copy, name, { value, enumerable, writable: true, configurable: true })
  }
  return copy
}
