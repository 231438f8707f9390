import { createHash } from 'node:crypto'
import { clientNetwork } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError, unauthorized } from '../core/errors.ts'
import type { Attempt, AuthStore } from '../stores/store.ts'
import type { LoginOptions } from './options.ts'
import type { Passwords } from './passwords.ts'

/** A login with a password. */
export interface Credentials<User> {
  /** The user's input: an email address or a name. */
  account: string
  password: string
  /** Finds the user. `passwordHash` is a result of `app.auth.hashPassword`. */
  find: (account: string) => User | null | undefined | Promise<User | null | undefined>
}

/** Checks a login. @throws AuthError `AUTH_INVALID_CREDENTIALS` (401), `AUTH_TOO_MANY_ATTEMPTS` (429). */
export type VerifyCredentials = <User extends { passwordHash: string | null | undefined }>(
  request: FastifyRequest,
  credentials: Credentials<User>
) => Promise<User>

/** Letters: a longer password is rejected without a hash. */
const maxPasswordLength = 1024

const invalidCredentials = (): AuthError =>
  unauthorized('AUTH_INVALID_CREDENTIALS', 'Account or password is wrong', 'Password realm="login"')

const tooManyAttempts = (wait: number): AuthError =>
  new AuthError('Too many attempts, try again later', {
    code: 'AUTH_TOO_MANY_ATTEMPTS',
    statusCode: 429,
    headers: { 'retry-after': Math.ceil(wait / 1000) }
  })

/** A hash, because a shared store must not hold people's email addresses. */
const accountKey = (account: string): string =>
  `account:${createHash('sha256').update(account.normalize('NFKC').trim().toLowerCase()).digest('base64url')}`

export function createVerifyCredentials(
  passwords: Passwords,
  options: Required<LoginOptions>,
  stores: { main: AuthStore; local: AuthStore },
  audit: Audit
): VerifyCredentials {
  const { attempts, delay, maxDelay, accountFactor, addressFactor } = options

  /** While Redis is down, this process alone slows down guesses. */
  const withFallback = async <T>(call: (store: AuthStore) => Promise<T>): Promise<T> => {
    try {
      return await call(stores.main)
    } catch {
      return call(stores.local)
    }
  }
  const countAttempt = (key: string, free: number): Promise<Attempt> =>
    withFallback((store) => store.attempt(key, free, delay, maxDelay))

  return async (request, { account, password, find }) => {
    const areTexts = typeof account === 'string' && typeof password === 'string'
    if (!areTexts || account === '' || password.length > maxPasswordLength) throw invalidCredentials()

    const network = clientNetwork(request.ip)
    const addressKey = `address:${network}`
    const anywhere = accountKey(account)
    const fromNetwork = `${anywhere}@${network}`
    const perAddress = attempts * addressFactor
    // Counted and checked in one step before the hash: otherwise concurrent guesses would all be free. The address
    // gets its attempt back unless the password is wrong.
    const byAddress = await countAttempt(addressKey, perAddress)
    const refundAddress = (): Promise<void> =>
      withFallback((store) => store.refund(addressKey, byAddress.count, perAddress))
    // The pair of account and network comes before the account, so that an attacker elsewhere does not lock out the
    // owner.
    const wait =
      byAddress.wait ||
      (await countAttempt(fromNetwork, attempts)).wait ||
      (await countAttempt(anywhere, attempts * accountFactor)).wait
    if (wait > 0) {
      if (byAddress.wait === 0) await refundAddress()
      const code = 'AUTH_TOO_MANY_ATTEMPTS'
      audit.record({ type: 'login', outcome: 'slowed', scheme: 'password', code }, request)
      throw tooManyAttempts(wait)
    }

    const user = await findOrRefund(() => find(account), refundAddress)
    const isRight = await passwords.verify(password, user?.passwordHash)
    if (!user || !isRight) {
      const code = 'AUTH_INVALID_CREDENTIALS'
      audit.record({ type: 'login', outcome: 'failed', scheme: 'password', code }, request)
      throw invalidCredentials()
    }
    await refundAddress()
    // The failures of the address stay: an attacker could reset it by logging in to an account of their own.
    await withFallback(async (store) => Promise.all([store.succeed(fromNetwork), store.succeed(anywhere)]))
    audit.record({ type: 'login', outcome: 'ok', scheme: 'password' }, request)
    return user
  }
}

/** Finds the user. Without an answer of the database the attempt was no guess. */
async function findOrRefund<User>(
  find: () => User | Promise<User>,
  refund: () => Promise<void>
): Promise<User> {
  try {
    return await find()
  } catch (error) {
    await refund()
    throw error
  }
}
