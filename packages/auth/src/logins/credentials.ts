import { createHash } from 'node:crypto'
import { clientNetwork } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { tooManyAttempts, unauthorized, type AuthError } from '../core/errors.ts'
import type { AuthStore } from '../stores/store.ts'
import type { ResolvedLogin } from './options.ts'
import type { Passwords } from './passwords.ts'

/**
 * A login with a password.
 *
 * @example
 * const users = new Map<string, { id: string; passwordHash: string }>()
 * const credentials: Credentials<{ id: string; passwordHash: string }> = {
 *   account: 'ada@example.com',
 *   password: 'correct horse',
 *   find: (account) => users.get(account)
 * }
 * app.post('/login', async (request) => (await app.auth.verifyCredentials(request, credentials)).id)
 */
export interface Credentials<User> {
  /** The user's input: an email address or a name. */
  account: string
  password: string
  /** Finds the user. `passwordHash` is a result of `app.auth.hashPassword`. */
  find: (account: string) => User | null | undefined | Promise<User | null | undefined>
}

/**
 * Checks a login. @throws AuthError `AUTH_INVALID_CREDENTIALS` (401), `AUTH_TOO_MANY_ATTEMPTS` (429).
 *
 * @example
 * app.post<{ Body: { email: string; password: string } }>('/login', async (request) => {
 *   const { email: account, password } = request.body
 *   const user = await app.auth.verifyCredentials(request, { account, password, find: async () => ({ id: 'ada', passwordHash: '' }) })
 *   request.session.set('user', { id: user.id })
 *   return { id: user.id }
 * })
 */
export type VerifyCredentials = <User extends { passwordHash: string | null | undefined }>(
  request: FastifyRequest,
  credentials: Credentials<User>
) => Promise<User>

/** Letters: a longer password is rejected without a hash. */
const maxPasswordLength = 1024

const invalidCredentials = (): AuthError =>
  unauthorized('AUTH_INVALID_CREDENTIALS', 'Account or password is wrong', 'Password realm="login"')

/**
 * The account without what databases leave out of a comparison: case, accents, and characters that are not seen.
 * Otherwise each spelling would have attempts of its own.
 */
const foldedAccount = (account: string): string =>
  account
    .normalize('NFKD')
    .replace(/[\u0300-\u036F\p{Cf}\p{Cc}]/gu, '')
    .trim()
    .toUpperCase()
    .toLowerCase()

/** A hash, because a shared store must not hold people's email addresses. */
const accountKey = (account: string): string =>
  `account:${createHash('sha256').update(foldedAccount(account)).digest('base64url')}`

export function createVerifyCredentials(
  passwords: Passwords,
  options: ResolvedLogin,
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
  return async (request, { account, password, find }) => {
    const areTexts = typeof account === 'string' && typeof password === 'string'
    if (!areTexts || account === '' || password.length > maxPasswordLength) throw invalidCredentials()

    const network = clientNetwork(request.ip)
    const anywhere = accountKey(account)
    const fromNetwork = `${anywhere}@${network}`
    const counted: { key: string; count: number; free: number }[] = []
    /** Counts an attempt, or returns the milliseconds to wait. */
    const countAttempt = async (key: string, free: number): Promise<number> => {
      const { wait, count } = await withFallback((store) => store.attempt(key, free, delay, maxDelay))
      if (wait === 0) counted.push({ key, count, free })
      return wait
    }
    const refund = async (entries: typeof counted): Promise<void> => {
      for (const { key, count, free } of entries)
        await withFallback((store) => store.refund(key, count, free))
    }
    // Counted and checked in one step before the hash: otherwise concurrent guesses would all be free. The pair of
    // account and network comes before the account, so that an attacker elsewhere does not lock out the owner.
    const wait =
      (await countAttempt(`address:${network}`, attempts * addressFactor)) ||
      (await countAttempt(fromNetwork, attempts)) ||
      (await countAttempt(anywhere, attempts * accountFactor))
    if (wait > 0) {
      await refund(counted)
      const code = 'AUTH_TOO_MANY_ATTEMPTS'
      audit.record({ type: 'login', outcome: 'slowed', scheme: 'password', code }, request)
      throw tooManyAttempts(wait)
    }

    const { user, isRight } = await verifyWith(passwords, password, () => find(account)).catch(
      async (error: unknown) => {
        // Without a response of the database, or a free thread, the attempt was no guess.
        await refund(counted)
        throw error
      }
    )
    if (!user || !isRight) {
      const code = 'AUTH_INVALID_CREDENTIALS'
      audit.record({ type: 'login', outcome: 'failed', scheme: 'password', code }, request)
      throw invalidCredentials()
    }
    // The failures of the address stay: an attacker could reset it by logging in to an account of their own.
    await refund(counted.slice(0, 1))
    await withFallback(async (store) =>
      Promise.all([store.clearAttempts(fromNetwork), store.clearAttempts(anywhere)])
    )
    audit.record({ type: 'login', outcome: 'ok', scheme: 'password' }, request)
    return user
  }
}

async function verifyWith<User extends { passwordHash: string | null | undefined }>(
  passwords: Passwords,
  password: string,
  find: () => User | null | undefined | Promise<User | null | undefined>
): Promise<{ user: User | null | undefined; isRight: boolean }> {
  const user = await find()
  return { user, isRight: await passwords.verify(password, user?.passwordHash) }
}
