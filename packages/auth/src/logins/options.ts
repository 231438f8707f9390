import { check } from '../core/option-checks.ts'
import { resolveArgon2id, type Argon2idOptions, type ResolvedArgon2id } from './argon2id-options.ts'
import { resolveBreached, type BreachedOptions, type ResolvedBreached } from './breached-options.ts'

/**
 * Options of password logins.
 *
 * @example
 * const login: LoginOptions = { attempts: 3, maxDelay: 600_000 }
 * await app.register(auth, { login })
 */
export interface LoginOptions {
  /**
   * Failed attempts at an account from one address (IPv6: one /64) before further ones have to wait. Attempts, 1 to
   * 1000.
   *
   * @defaultValue 5
   */
  attempts?: number

  /**
   * The first wait. It doubles with each further failure. Milliseconds, at least 1.
   *
   * @defaultValue 1000
   */
  delay?: number

  /**
   * The longest wait. Accounts are never locked permanently, because an attacker could then lock out their owners.
   * Milliseconds, at least 1.
   *
   * @defaultValue 300000
   */
  maxDelay?: number

  /**
   * The limit for an account from all addresses together, as a multiple of `attempts`. With a small one an attacker
   * could lock out the owner. Factor, 1 to 1000.
   *
   * @defaultValue 10
   */
  accountFactor?: number

  /**
   * The limit for an address at all accounts together, as a multiple of `attempts`. Factor, 1 to 1000.
   *
   * @defaultValue 10
   */
  addressFactor?: number

  /**
   * The cost of a password hash: scrypt with N = 2^cost, r = 8, p = 3 (5 at 14). It takes 2^cost KiB of memory. Exponent,
   * 14 to 20.
   *
   * @defaultValue 15
   */
  cost?: number

  /**
   * Hashes passwords by Argon2id instead of scrypt: its cost, `{}` for what OWASP recommends. Hashes by both are verified,
   * and `app.auth.needsRehash` tells which are not of the current kind. It takes Node 24.7.
   *
   * @defaultValue none: scrypt, which every Node has
   * @throws RangeError for less than OWASP recommends, and before Node 24.7.
   */
  argon2id?: Argon2idOptions

  /**
   * A list of leaked passwords, for `app.auth.isBreachedPassword`. Only the first five letters of a password's hash are
   * sent there.
   *
   * @defaultValue none: no list is read
   */
  breached?: BreachedOptions
}

export interface ResolvedLogin extends Required<Omit<LoginOptions, 'argon2id' | 'breached'>> {
  readonly argon2id: ResolvedArgon2id | undefined
  readonly breached: ResolvedBreached | undefined
}

export const loginDefaults = {
  attempts: 5,
  delay: 1000,
  maxDelay: 300_000,
  accountFactor: 10,
  addressFactor: 10,
  cost: 15
} as const satisfies Required<Omit<LoginOptions, 'argon2id' | 'breached'>>

export function resolveLogin(options: LoginOptions): ResolvedLogin {
  check.keys('login', options, [...Object.keys(loginDefaults), 'argon2id', 'breached'])
  const integer = (
    name: keyof typeof loginDefaults,
    rule: { min: number; max?: number; unit?: string }
  ): number => check.integer(`login.${name}`, options[name] ?? loginDefaults[name], rule)
  return {
    attempts: integer('attempts', { min: 1, max: 1000 }),
    delay: integer('delay', { min: 1, unit: 'milliseconds' }),
    maxDelay: integer('maxDelay', { min: 1, unit: 'milliseconds' }),
    accountFactor: integer('accountFactor', { min: 1, max: 1000 }),
    addressFactor: integer('addressFactor', { min: 1, max: 1000 }),
    cost: integer('cost', { min: 14, max: 20 }),
    argon2id: resolveArgon2id(options.argon2id),
    breached: resolveBreached(options.breached)
  }
}
