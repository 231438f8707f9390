import type { AuthApi, Revocable } from './api.ts'
import type { Audit } from './core/audit.ts'
import { verificationUnavailable } from './core/errors.ts'
import { check } from './core/option-checks.ts'
import type { TokenOutcome } from './core/token-outcome.ts'
import type { Revocations } from './revocation/revocations.ts'
import type { Sessions } from './sessions/types.ts'
import type { AuthStore } from './stores/store.ts'
import type { TokenMint } from './tokens/mint.ts'
import type { TokenVerifier } from './tokens/verifier.ts'

export interface RevokeDependencies {
  readonly store: AuthStore
  readonly audit: Audit
  readonly revocations: Revocations
  readonly sessions: Sessions | undefined
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
    return check.fail(`revoke(${kind ?? ''})`, `called with one of ${kinds.join(', ')}`, typeof value)
  return [kind, text]
}

/** Makes `app.auth.revoke`. */
export function createRevoke({
  store,
  audit,
  revocations,
  sessions,
  mint,
  verifier
}: RevokeDependencies): AuthApi['revoke'] {
  /** Revokes a verified token by its `jti`. A token that is not valid needs no revocation. */
  async function revokeToken(token: string): Promise<void> {
    const outcome = await new Promise<TokenOutcome>((resolve) => verifier().verify(token, resolve))
    if ('unavailable' in outcome) throw verificationUnavailable(outcome)
    if (!('identity' in outcome)) return
    const { jti } = outcome.identity.user
    if (typeof jti !== 'string' && typeof jti !== 'number')
      throw new Error('auth: the token has no "jti": revoke the user instead, or use issueTokens')
    await revocations.revoke(`jti:${jti}`)
  }

  const revokeKind: Record<Kind, (value: string) => Promise<unknown>> = {
    user: (user) =>
      Promise.all([
        revocations.revoke(`sub:${user}`),
        store.endFamiliesOf(user),
        ...(sessions ? [sessions.revokeAll(user)] : [])
      ]),
    refreshToken: async (token) => mint().endLogin(token),
    session: (id) =>
      Promise.all([revocations.revoke(`sid:${id}`), store.endFamily(id), store.endSession(id, undefined)]),
    jti: (jti) => revocations.revoke(`jti:${jti}`),
    token: revokeToken
  }

  return async (what) => {
    const [kind, value] = parseRevocable(what)
    await revokeKind[kind](value)
    audit.record({ type: 'revoked', outcome: kind, subject: kind === 'user' ? value : undefined })
  }
}
