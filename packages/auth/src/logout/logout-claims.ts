import { isObject } from '@seaworthy/internal'
import type { Claims } from '../core/token-outcome.ts'
import { asymmetric, type SignatureAlgorithm } from '../tokens/algorithms.ts'

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
/** **Seconds** between the clocks of provider and service, the time on the way included. */
const maxAge = 300

/** The logout that a token must be for. */
export interface LogoutAudience {
  readonly issuer: string
  readonly clientId: string
  readonly tokenType: 'logout+jwt' | 'JWT'
}

function hasType(typ: unknown, tokenType: LogoutAudience['tokenType']): boolean {
  if (typ === undefined) return tokenType === 'JWT'
  if (typeof typ !== 'string') return false
  const type = typ.toLowerCase().replace(/^application\//, '')
  return type === 'logout+jwt' || (tokenType === 'JWT' && type === 'jwt')
}

const isLogoutEvent = (events: unknown): boolean =>
  isObject(events) && Object.hasOwn(events, logoutEvent) && isObject(events[logoutEvent])

const isTextOrAbsent = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && value !== '' && value.length <= 1024)

const isFor = (audience: unknown, clientId: string): boolean =>
  audience === clientId ||
  (Array.isArray(audience) &&
    audience.every((entry) => typeof entry === 'string') &&
    audience.includes(clientId))

/** Why a logout token is not valid (OpenID Connect Back-Channel Logout, 2.6). It does not verify the signature. */
export function logoutFault(
  header: Claims | undefined,
  claims: Claims | undefined,
  { issuer, clientId, tokenType }: LogoutAudience
): string | undefined {
  if (header === undefined || claims === undefined) return 'no token'
  const { typ, alg, crit, b64 } = header
  if (!hasType(typ, tokenType)) return 'its "typ" is not that of logout tokens'
  if (!asymmetric.includes(alg as SignatureAlgorithm)) return 'its "alg" is not allowed'
  if (crit !== undefined || b64 !== undefined) return 'it has an extension'
  const { iss, aud, iat, jti, events, nonce, sid, sub } = claims
  if (iss !== issuer) return 'it has another issuer'
  if (!isFor(aud, clientId)) return 'it is for another client'
  if (!isLogoutEvent(events)) return 'it has no logout event'
  if (nonce !== undefined) return 'it has a nonce, as ID tokens have'
  if (typeof jti !== 'string' || !isTextOrAbsent(jti)) return 'it has no "jti"'
  if (!isTextOrAbsent(sid) || !isTextOrAbsent(sub)) return 'its "sid" or "sub" is no text'
  if (sid === undefined && sub === undefined) return 'it has neither "sid" nor "sub"'
  const age = typeof iat === 'number' ? Date.now() / 1000 - iat : NaN
  return Math.abs(age) <= maxAge ? undefined : 'its "iat" is too far from the time of the service'
}
