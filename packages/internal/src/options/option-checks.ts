import { isObject } from '../is-object.ts'
import { invalidOption } from './invalid-option.ts'
import { nearest } from './nearest.ts'
import { withoutRegisterOptions } from './register-options.ts'
import { scrub } from '../scrub/load.cjs'

/** The range of a number option, bounds included. `unit` is only for the message: `milliseconds`. */
export interface NumberRule {
  min?: number
  max?: number
  unit?: string
}

/**
 * Checks of one package's options. Each returns the value, or stops the start by an error with the code
 * `INVALID_OPTION`: `package: "option" must be …, got …`.
 */
export interface OptionChecks {
  integer(option: string, value: unknown, rule?: NumberRule): number
  number(option: string, value: unknown, rule?: NumberRule): number
  boolean(option: string, value: unknown): boolean
  string(option: string, value: unknown): string
  oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T
  fn(option: string, value: unknown): void
  /** An object of options: no list. `rule` is for the message: `an object or false`. */
  object(option: string, value: unknown, rule?: string): void
  /**
   * Rejects keys that are no option, with the nearest one that is, or with the one that `renamed` has for it: the name in
   * another library. `option` is '' at the top, where Fastify's own options of `register` come along.
   */
  keys(
    option: string,
    value: object,
    allowed: readonly string[],
    renamed?: Readonly<Record<string, string>>
  ): void
  /**
   * Throws the error that the other checks throw. It shows no text where the rule wants an object or the option's name
   * says that it holds a secret; of other texts it leaves out credentials. Elsewhere pass the word `secret`.
   */
  fail(option: string, rule: string, value: unknown): never
  /** As `fail`, with words in place of a value that must not be shown: `18 bytes`. */
  failWith(option: string, rule: string, description: string): never
}

/** Makes the checks of a package's options. `plugin` is its name in messages: `health`. */
export function optionChecks(plugin: string): OptionChecks {
  const failWith = (option: string, rule: string, description: string): never => {
    throw invalidOption(`${plugin}: "${option}" must be ${rule}, got ${description}`)
  }
  const fail = (option: string, rule: string, value: unknown): never => {
    const text = typeof value === 'string' ? formatText(option, rule, value) : formatValue(value)
    // A secret of digits is a number, where a file of YAML or JSON has it without quotes.
    const isSecretNumber = (typeof value === 'number' || typeof value === 'bigint') && isSecretPlace(option)
    return failWith(option, rule, isSecretNumber ? 'a number' : text)
  }

  return {
    integer(option, value, rule = {}) {
      return Number.isSafeInteger(value) && isWithin(value as number, rule)
        ? (value as number)
        : fail(option, `a whole number${formatRule(rule)}`, value)
    },
    number(option, value, rule = {}) {
      return typeof value === 'number' && Number.isFinite(value) && isWithin(value, rule)
        ? value
        : fail(option, `a number${formatRule(rule)}`, value)
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
        fail(option, `one of ${allowed.map(quote).join(', ')}`, value)
      )
    },
    fn(option, value) {
      if (typeof value !== 'function') fail(option, 'a function', value)
    },
    object(option, value, rule = 'an object') {
      if (!isObject(value)) fail(option, rule, value)
    },
    keys(option, value, allowed, renamed = {}) {
      for (const key of Object.keys(option === '' ? withoutRegisterOptions(value) : value)) {
        if (allowed.includes(key)) continue
        if (!isName(key)) throw invalidOption(`${plugin}: ${hiddenKey(option)} is not an option`)
        const near = Object.hasOwn(renamed, key) ? renamed[key] : nearest(key, allowed)
        const name = option === '' ? key : `${option}.${key}`
        throw invalidOption(`${plugin}: "${name}" is not an option${near ? `, did you mean "${near}"?` : ''}`)
      }
    },
    fail,
    failWith
  }
}

/** Whether a key is shown: a secret may be written in the place of a name, `apiKeys: { [process.env.KEY]: … }`. */
const isName = (key: string): boolean =>
  /^(?:\d|[\w$-]{1,40})$/.test(key) && !(key.length >= minKey && /\d/.test(key))

/** Characters from which a word with a digit may be a key. No option has such a name. */
const minKey = 10

const hiddenKey = (option: string): string =>
  `a key${option === '' ? '' : ` of "${option}"`}, which is not shown because it may be a secret,`

const isWithin = (value: number, { min = -Infinity, max = Infinity }: NumberRule): boolean =>
  value >= min && value <= max

const quote = (text: string): string => `'${text}'`

function formatRule({ min, max, unit }: NumberRule): string {
  const of = unit ? ` of ${unit}` : ''
  if (min !== undefined && max !== undefined) return `${of} from ${min} to ${max}`
  if (min !== undefined) return unit ? `${of}, at least ${min}` : ` of at least ${min}`
  return max === undefined ? of : `${of}, ${max} at most`
}

/** A text in the place of an object is often a connection string or a secret, whatever it looks like. */
const objectRule = /\b(?:object|options|client|connection)\b/

/** Letters and digits without a break, as keys have them: no setting is written so. */
const looksLikeKey = (text: string): boolean =>
  [...text.matchAll(/[\w+/=~-]{20,}/g)].some(([word]) => /\d/.test(word) && /[a-z]/i.test(word))

/** Whether the option's name says that it holds a secret. An entry of a list has the name of the list. */
const isSecretPlace = (option: string): boolean =>
  scrub().namesSecret(option.split('.').findLast((part) => !/^\d+$/.test(part)) ?? '')

/** The text as the error shows it: the error goes to the log. */
function formatText(option: string, rule: string, text: string): string {
  if (objectRule.test(rule) || isSecretPlace(option) || looksLikeKey(text)) return 'a string'
  const shown = scrub().scrubAndCut(text, maxText)
  return quote(text.length > maxText ? `${shown}…` : shown)
}

/** Characters of a text that an error shows. */
const maxText = 60

function formatValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
