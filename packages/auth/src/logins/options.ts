import { optionChecks } from '@seaworthy/internal'

/** Options of password logins. */
export interface LoginOptions {
  /**
   * Failures at an account from one address (IPv6: one /64) before it has to wait. 1 to 1000.
   *
   * @defaultValue 5
   */
  attempts?: number

  /**
   * The first wait, in **milliseconds**; it doubles with each further failure.
   *
   * @defaultValue 1000
   */
  delay?: number

  /**
   * The longest wait, in **milliseconds**. Accounts are never locked for good: that would let anyone lock anyone out.
   *
   * @defaultValue 300000
   */
  maxDelay?: number

  /**
   * How many times `attempts` may fail at an account from all addresses together before everyone has to wait there:
   * many, or anyone could keep the owner out. 1 to 1000.
   *
   * @defaultValue 10
   */
  accountFactor?: number

  /**
   * How many times `attempts` an address may fail at all accounts together. 1 to 1000.
   *
   * @defaultValue 10
   */
  addressFactor?: number

  /**
   * The cost of a password's hash: scrypt with N = 2^cost, r = 8, p = 3. Memory is 2^cost KiB. 14 to 20.
   *
   * @defaultValue 15
   */
  cost?: number
}

const check = optionChecks('auth')

export function resolveLogin(options: LoginOptions): Required<LoginOptions> {
  check.keys('login', options, ['attempts', 'delay', 'maxDelay', 'accountFactor', 'addressFactor', 'cost'])
  const {
    attempts = 5,
    delay = 1000,
    maxDelay = 300_000,
    accountFactor = 10,
    addressFactor = 10,
    cost = 15
  } = options
  return {
    attempts: check.integer('login.attempts', attempts, { min: 1, max: 1000 }),
    delay: check.integer('login.delay', delay, { min: 1, unit: 'milliseconds' }),
    maxDelay: check.integer('login.maxDelay', maxDelay, { min: 1, unit: 'milliseconds' }),
    accountFactor: check.integer('login.accountFactor', accountFactor, { min: 1, max: 1000 }),
    addressFactor: check.integer('login.addressFactor', addressFactor, { min: 1, max: 1000 }),
    cost: check.integer('login.cost', cost, { min: 14, max: 20 })
  }
}
