import type { FastifyRequest } from 'fastify'
import { optionChecks } from '@seaworthy/internal'
import type { ApiKeys } from './api-keys/lookup.ts'
import type { Audit } from './core/audit.ts'
import type { AuthApi, Revocable } from './api.ts'
import { undecided } from './core/errors.ts'
import { createVerifyCredentials } from './logins/credentials.ts'
import { createPasswords } from './logins/passwords.ts'
import type { ResolvedAuth } from './options.ts'
import { printedMatrix } from './policy/matrix.ts'
import type { RouteRules } from './policy/routes.ts'
import type { Revocations } from './revocation/revocations.ts'
import type { Csrf } from './csrf/csrf.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { AuthStore } from './stores/store.ts'
import type { Tokens } from './tokens/mint.ts'
import type { TokenOutcome, TokenVerifier } from './tokens/verifier.ts'

export interface Parts {
  options: ResolvedAuth
  main: AuthStore
  local: AuthStore
  audit: Audit
  revocations: Revocations
  rules: RouteRules
  tokens: Tokens | undefined
  verifier: TokenVerifier | undefined
  sessions: Sessions | undefined
  keys: ApiKeys | undefined
  csrf: Csrf | undefined
}

/** The part, or an error that says which option brings it. */
function needed<T>(part: T | undefined, option: string): T {
  if (part === undefined) throw new Error(`auth: this needs the option "${option}"`)
  return part
}

const kinds = ['user', 'refreshToken', 'session', 'jti', 'token'] as const

/** What is to be ended, as text. To end the id of somebody who was not found must not look like success. */
function revocable(what: Revocable): [kind: (typeof kinds)[number], value: string] {
  const given: Record<string, unknown> = { ...what }
  const [kind, ...more] = kinds.filter((name) => given[name] !== undefined)
  const value = kind === undefined ? undefined : given[kind]
  const text = typeof value === 'number' ? String(value) : value
  if (kind === undefined || more.length > 0 || typeof text !== 'string' || text === '')
    return optionChecks('auth').fail(
      `revoke(${kind ?? ''})`,
      `given one of ${kinds.join(', ')}`,
      typeof value
    )
  return [kind, text]
}

export function createApi({ options, main, local, audit, revocations, rules, ...parts }: Parts): AuthApi {
  const passwords = createPasswords(options.login.cost)
  const tokens = (): Tokens => needed(parts.tokens, 'jwt.secret')

  async function endUser(user: string): Promise<void> {
    await Promise.all([
      revocations.revoke(`sub:${user}`),
      main.endFamiliesOf(user),
      ...(parts.sessions ? [parts.sessions.revokeAll(user)] : [])
    ])
  }

  return {
    issueTokens: async (claims) => tokens().issueTokens(claims),
    refresh: async (refreshToken) => tokens().refresh(refreshToken),
    async revoke(what) {
      const [kind, value] = revocable(what)
      if (kind === 'user') await endUser(value)
      else if (kind === 'refreshToken') await tokens().endLogin(value)
      else if (kind === 'session') {
        await Promise.all([
          revocations.revoke(`sid:${value}`),
          main.endFamily(value),
          main.endSession(value, undefined)
        ])
      } else if (kind === 'jti') await revocations.revoke(`jti:${value}`)
      else {
        const verifier = needed(parts.verifier, 'jwt')
        const outcome = await new Promise<TokenOutcome>((resolve) => verifier.verify(value, resolve))
        if ('unavailable' in outcome) throw undecided(outcome)
        // What doesn't hold needs no ending.
        if (!('identity' in outcome)) return
        const { jti } = outcome.identity.user
        if (typeof jti !== 'string' && typeof jti !== 'number')
          throw new Error('auth: the token has no "jti": end the user instead, or use issueTokens')
        await revocations.revoke(`jti:${jti}`)
      }
      audit.record({ type: 'revoked', outcome: kind, subject: kind === 'user' ? value : undefined })
    },
    matrix: () => rules.matrix(),
    printMatrix: () => printedMatrix(rules.matrix()),
    hashPassword: (password) => passwords.hash(password),
    verifyPassword: (password, hash) => passwords.verify(password, hash),
    verifyCredentials: createVerifyCredentials(passwords, options.login, { main, local }, audit),
    get apiKeys() {
      return needed(parts.keys, 'apiKeys')
    },
    get sessions() {
      return needed(parts.sessions, 'session')
    },
    csrfToken: (request: FastifyRequest) => needed(parts.csrf, 'csrf').token(request)
  }
}
