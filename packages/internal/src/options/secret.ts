import { inspect } from 'node:util'

const brand = Symbol.for('seaworthy.secret.v1')

/**
 * A value that no string, JSON, log or inspection prints. `reveal()` gives it. An interface, because each package has a
 * copy of the class: a secret of one must fit the options of another.
 */
export interface Secret {
  /** The value itself. Call it where it is used, and keep it nowhere. */
  reveal(): string
  toString(): string
  toJSON(): string
}

/**
 * A text that no string, JSON, inspection or log prints.
 *
 * @example
 * const password = new Secret('correct horse')
 * console.log(`${password}`, password.reveal().length) // prints no secret
 */
export const Secret: new (value: string) => Secret = class implements Secret {
  readonly #value: string
  readonly [brand] = true

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** Whether `value` is a secret of any copy of this class. */
export const isSecret = (value: unknown): value is Secret =>
  typeof value === 'object' && value !== null && brand in value

/** The text of a secret, or of a plain string. */
export const reveal = (value: string | Secret): string => (isSecret(value) ? value.reveal() : value)
