import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import type { LoginOptions } from './options.ts'
import type { AuthStore } from '../stores/store.ts'
import { networkOf } from './network.ts'
import type { Passwords } from './passwords.ts'

/** A login with a password. */
export interface Credentials<User> {
  /** What the user typed: an address or a name. */
  account: string
  password: string
  /** Finds the user; `passwordHash` is what `app.auth.hashPassword` gave. */
  find: (account: string) => User | null | undefined | Promise<User | null | undefined>
}

/** Checks a login. @throws AuthError `AUTH_INVALID_CREDENTIALS` (401), `AUTH_TOO_MANY_ATTEMPTS` (429). */
export type VerifyCredentials = <User extends { passwordHash: string | null | undefined }>(
  request: FastifyRequest,
  credentials: Credentials<User>
) => Promise<User>

const maxPassword = 1024

const invalid = (): AuthError =>
  new AuthError('AUTH_INVALID_CREDENTIALS', 401, 'Account or password is wrong', {
    headers: { 'www-authenticate': 'Password realm="login"' }
  })

// Addresses of people don't go into a shared store in the clear.
const accountKey = (account: string): string =>
  `account:${createHash('sha256').update(account.normalize('NFKC').trim().toLowerCase()).digest('base64url')}`

export function createVerifyCredentials(
  passwords: Passwords,
  options: Required<LoginOptions>,
  stores: { main: AuthStore; local: AuthStore },
  audit: Audit
): VerifyCredentials {
  const { attempts, delay, maxDelay, accountFactor, addressFactor } = options

  /** With Redis down, guessing is still slowed down, by this process alone. */
  const backoff = async <T>(ask: (store: AuthStore) => Promise<T>): Promise<T> => {
    try {
      return await ask(stores.main)
    } catch {
      return ask(stores.local)
    }
  }

  return async (request, { account, password, find }) => {
    if (
      typeof account !== 'string' ||
      typeof password !== 'string' ||
      account === '' ||
      password.length > maxPassword
    ) {
      throw invalid()
    }
    const network = networkOf(request.ip)
    const [everywhere, address] = [accountKey(account), `address:${network}`]
    // By account and address together first, so that one attacker keeps nobody else out of an account.
    const here = `${everywhere}@${network}`
    const tried = (key: string, free: number): Promise<number> =>
      backoff((store) => store.attempt(key, free, delay, maxDelay))
    // Counted before the hash is checked, in one step with asking: parallel guesses must not all be free.
    const byAddress = await backoff((store) => store.waitOf(address))
    const wait =
      byAddress || (await tried(here, attempts)) || (await tried(everywhere, attempts * accountFactor))
    if (wait > 0) {
      audit.record(
        { type: 'login', outcome: 'slowed', scheme: 'password', code: 'AUTH_TOO_MANY_ATTEMPTS' },
        request
      )
      throw new AuthError('AUTH_TOO_MANY_ATTEMPTS', 429, 'Too many attempts, try again later', {
        headers: { 'retry-after': Math.ceil(wait / 1000) }
      })
    }
    const user = await find(account)
    const right = await passwords.verify(password, user?.passwordHash)
    if (!user || !right) {
      await tried(address, attempts * addressFactor)
      audit.record(
        { type: 'login', outcome: 'failed', scheme: 'password', code: 'AUTH_INVALID_CREDENTIALS' },
        request
      )
      throw invalid()
    }
    // An address keeps its count: or one own account would buy an attacker guesses at all others.
    await backoff(async (store) => Promise.all([store.succeed(here), store.succeed(everywhere)]))
    audit.record({ type: 'login', outcome: 'ok', scheme: 'password' }, request)
    return user
  }
}
