import type { Claims } from '../core/token-outcome.ts'

const accessTypes = /^(?:application\/)?(?:at\+jwt|jwt|jose)$/i
const otherKinds = /^(?:id|refresh|offline|logout)(?:[ _-]?token)?$/i

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

const isOtherKind = (kind: unknown): boolean => typeof kind === 'string' && otherKinds.test(kind)

/**
 * Whether a token is an access token, as far as it states its kind: issuers sign ID, logout and refresh tokens with the
 * same keys.
 *
 * @param type - The `typ` header of the issuer's access tokens. The verifier has compared it already.
 */
export function isAccessToken(header: Claims, payload: Claims, type: string | undefined): boolean {
  const { typ } = header
  if (type === undefined && typ !== undefined && !(typeof typ === 'string' && accessTypes.test(typ)))
    return false
  // ID tokens of OpenID Connect have these claims, access tokens do not.
  const { nonce, at_hash, c_hash, events } = payload
  if (nonce !== undefined || at_hash !== undefined || c_hash !== undefined) return false
  if (typeof events === 'object' && events !== null && logoutEvent in events) return false
  // Some issuers state the kind in a claim of their own.
  return !isOtherKind(payload.typ) && !isOtherKind(payload.token_use)
}
