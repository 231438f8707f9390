import type { AuthApi, Revocable } from './api.ts'
import type { Audit } from './core/audit.ts'
import { verificationUnavailable } from './core/errors.ts'
import { check } from './core/option-checks.ts'
import type { TokenOutcome } from './core/token-outcome.ts'
import type { IssuerScope } from './revocation/issuer-scope.ts'
import type { Revocations } from './revocation/revocations.ts'
import type { Sessions } from './sessions/types.ts'
import type { AuthStore } from './stores/store.ts'
import { isRefreshToken, type TokenMint } from './tokens/mint.ts'
import type { TokenVerifier } from './tokens/verifier.ts'

export interface RevokeDependencies {
  readonly store: AuthStore
  readonly audit: Audit
  readonly revocations: Revocations
  readonly sessions: Sessions | undefined
  readonly issuers: IssuerScope
  /** Milliseconds that a session or family lives at most. */
  readonly lifetime: number
  /** Throw if tokens are not configured. */
  readonly mint: () => TokenMint
  readonly verifier: () => TokenVerifier
}

const kinds = ['user', 'refreshToken', 'session', 'jti', 'token'] as const
type Kind = (typeof kinds)[number]

/** Checks the argument. An absent id, such as that of a user who was not found, must not look like success. */
function parseRevocable(what: Revocable): [kind: Kind, value: string] {
  const values: Partial<Record<Kind, unknown>> = { ...what }
  const [kind, ...more] = kinds.filter((name) => values[name] !== undefined)
  const value = kind === undefined ? undefined : values[kind]
  const text = typeof value === 'number' ? String(value) : value
  if (kind === undefined || more.length > 0 || typeof text !== 'string' || text === '')
    return check.failWith(`revoke(${kind ?? ''})`, `called with one of ${kinds.join(', ')}`, typeof value)
  return [kind, text]
}

/** The issuer of the id, `undefined` for the app or the primary one. An id of which issuer is open must not be guessed. */
function parseIssuer(
  what: Revocable,
  kind: Kind,
  { names, primary, hasDefault }: IssuerScope
): string | undefined {
  const { issuer } = what as { issuer?: unknown }
  if (issuer === undefined || issuer === primary) {
    if (issuer === undefined && !hasDefault && kind !== 'token')
      check.fail(
        'revoke(issuer)',
        `called with one of ${names.join(', ')}: the id alone can be of each`,
        issuer
      )
    return undefined
  }
  return check.oneOf('revoke(issuer)', issuer, names)
}

/** Makes `app.auth.revoke`. */
export function createRevoke({
  store,
  audit,
  revocations,
  sessions,
  issuers,
  lifetime,
  mint,
  verifier
}: RevokeDependencies): AuthApi['revoke'] {
  /**
   * Ends the login of a refresh token, and revokes a verified access token by its `jti`. A token that is not valid needs no
   * revocation.
   */
  async function revokeToken(token: string): Promise<void> {
    if (isRefreshToken(token)) return mint().endLogin(token)
    const outcome = await new Promise<TokenOutcome>((resolve) => verifier().verify(token, resolve))
    if ('unavailable' in outcome) throw verificationUnavailable(outcome)
    if (!('identity' in outcome)) return
    const { user, issuer } = outcome.identity
    const { jti } = user
    if (typeof jti !== 'string' && typeof jti !== 'number')
      throw new Error('auth: the token has no "jti": revoke the user instead, or use issueTokens')
    await revocations.revoke('jti', String(jti), issuer)
  }

  /** Another process of the service may have sessions although this one has none. */
  const endSessions = (user: string): Promise<void> =>
    sessions ? sessions.revokeAll(user) : store.endSessionsOf(user, lifetime, undefined)

  /** Logins that this app keeps are those of its own users. */
  const revokeKind: Record<Kind, (value: string, issuer: string | undefined) => Promise<unknown>> = {
    user: (user, issuer) =>
      Promise.all([
        revocations.revoke('sub', user, issuer),
        ...(issuer === undefined ? [store.endFamiliesOf(user, lifetime), endSessions(user)] : [])
      ]),
    // Logout routes get either kind, as in RFC 7009, and one taken for the other must not end nothing.
    refreshToken: async (token) =>
      token.split('.', 4).length === 3 ? revokeToken(token) : mint().endLogin(token),
    session: (id, issuer) =>
      Promise.all([
        revocations.revoke('sid', id, issuer),
        ...(issuer === undefined ? [store.endFamily(id), store.endSession(id, undefined)] : [])
      ]),
    jti: (jti, issuer) => revocations.revoke('jti', jti, issuer),
    token: revokeToken
  }

  return async (what) => {
    const [kind, value] = parseRevocable(what)
    await revokeKind[kind](value, parseIssuer(what, kind, issuers))
    audit.record({ type: 'revoked', outcome: kind, subject: kind === 'user' ? value : undefined })
  }
}
