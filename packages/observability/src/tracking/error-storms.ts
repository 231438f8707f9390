import { BoundedMap } from '@seaworthy/internal'
import type { ErrorContext } from './options.ts'

const minute = 60_000
const maxFingerprints = 1000

interface Count {
  start: number
  errors: number
}

/** Bounds how many errors of one kind are sent in a minute: a database that is away makes thousands alike. */
export class ErrorStorms {
  readonly #counts = new BoundedMap<Count>(maxFingerprints)
  readonly #maxPerMinute: number
  readonly #onSuppressed: () => void

  constructor(maxPerMinute: number, onSuppressed: () => void) {
    this.#maxPerMinute = maxPerMinute
    this.#onSuppressed = onSuppressed
  }

  /** Counts an error. Returns whether it may be sent. */
  admits(error: unknown, context: ErrorContext): boolean {
    const key = fingerprint(error, context)
    const now = performance.now()
    let count = this.#counts.get(key)
    if (count === undefined || now - count.start >= minute) {
      count = { start: now, errors: 0 }
      this.#counts.set(key, count)
    }
    count.errors++
    if (count.errors <= this.#maxPerMinute) return true
    this.#onSuppressed()
    return false
  }
}

/** Errors are alike when they have the same class, code and source, and were thrown at the same place. */
function fingerprint(error: unknown, { source, route }: ErrorContext): string {
  const { name, code, stack } = partsOf(error)
  const frame = typeof stack === 'string' ? /\n\s+at ([^\n]{0,300})/.exec(stack)?.[1] : undefined
  return `${source} ${route ?? ''} ${String(name)} ${String(code)} ${frame ?? ''}`
}

function partsOf(error: unknown): { name?: unknown; code?: unknown; stack?: unknown } {
  if (typeof error !== 'object' || error === null) return { name: typeof error }
  try {
    const { name, code, stack } = error as Record<string, unknown>
    return { name: typeof name === 'string' ? name : '', code: typeof code === 'string' ? code : '', stack }
  } catch {
    // A getter or a proxy threw.
    return {}
  }
}
