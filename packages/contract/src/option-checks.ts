import { withoutRegisterOptions } from './register-options.ts'

/** What a number option may be. `unit` is only for the message: `milliseconds`. */
export interface NumberRule {
  min?: number
  max?: number
  unit?: string
}

/** Checks that stop the start with `plugin: "option" must be …, got …`. Each gives the value back. */
export interface OptionChecks {
  integer(option: string, value: unknown, rule?: NumberRule): number
  number(option: string, value: unknown, rule?: NumberRule): number
  boolean(option: string, value: unknown): boolean
  string(option: string, value: unknown): string
  oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T
  fn(option: string, value: unknown): void
  /**
   * Refuses keys that are no option, with the nearest one that is. `option` is '' at the top, where Fastify's own
   * options of `register` come along.
   */
  known(option: string, value: object, keys: readonly string[]): void
  /** Throws the error that the others throw. Pass `secret` instead of the value when it is one. */
  fail(option: string, rule: string, value: unknown): never
}

export function optionChecks(plugin: string): OptionChecks {
  const fail = (option: string, rule: string, value: unknown): never => {
    throw new RangeError(`${plugin}: "${option}" must be ${rule}, got ${shown(value)}`)
  }
  const within = (value: number, { min = -Infinity, max = Infinity }: NumberRule) =>
    value >= min && value <= max

  return {
    integer(option, value, rule = {}) {
      return Number.isSafeInteger(value) && within(value as number, rule)
        ? (value as number)
        : fail(option, `a whole number${described(rule)}`, value)
    },
    number(option, value, rule = {}) {
      return typeof value === 'number' && Number.isFinite(value) && within(value, rule)
        ? value
        : fail(option, `a number${described(rule)}`, value)
    },
    boolean(option, value) {
      return typeof value === 'boolean' ? value : fail(option, 'true or false', value)
    },
    string(option, value) {
      return typeof value === 'string' && value !== '' ? value : fail(option, 'a non-empty string', value)
    },
    oneOf(option, value, allowed) {
      return (
        allowed.find((entry) => entry === value) ??
        fail(option, `one of ${allowed.map(quoted).join(', ')}`, value)
      )
    },
    fn(option, value) {
      if (typeof value !== 'function') fail(option, 'a function', value)
    },
    known(option, value, keys) {
      for (const key of Object.keys(option === '' ? withoutRegisterOptions(value) : value)) {
        if (keys.includes(key)) continue
        const near = nearest(key, keys)
        const name = option === '' ? key : `${option}.${key}`
        throw new RangeError(
          `${plugin}: "${name}" is not an option${near ? `, did you mean "${near}"?` : ''}`
        )
      }
    },
    fail
  }
}

const quoted = (text: string): string => `'${text}'`

function described({ min, max, unit }: NumberRule): string {
  const of = unit ? ` of ${unit}` : ''
  if (min !== undefined && max !== undefined) return `${of} from ${min} to ${max}`
  if (min !== undefined) return `${of} of at least ${min}`.replace(`${of} of`, unit ? `${of},` : ' of')
  return max === undefined ? of : `${of}, ${max} at most`
}

function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** The nearest of `candidates` within two edits, for a suggestion. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, distance: distance(word, candidate) }))
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= 2 ? best.candidate : undefined
}

/** Levenshtein's edit distance, ignoring case. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase()
      next[j] = Math.min(row[j - 1]! + (same ? 0 : 1), row[j]! + 1, next[j - 1]! + 1)
    }
    row = next
  }
  return row[b.length]!
}
