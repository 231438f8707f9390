import type { Claims } from './types.ts'

const accessTypes = /^(?:application\/)?(?:at\+jwt|jwt|jose)$/i
const otherKinds = /^(?:id|refresh|offline|logout)(?:[ _-]?token)?$/i

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

const isOther = (kind: unknown): boolean => typeof kind === 'string' && otherKinds.test(kind)

/**
 * Whether a token is for access, as far as it says: issuers sign ID, logout and refresh tokens with the same keys.
 * `type`: the `typ` header that the issuer's access tokens have, which the verifier has then compared.
 */
export function isAccessToken(header: Claims, payload: Claims, type: string | undefined): boolean {
  const { typ } = header
  if (type === undefined && typ !== undefined && !(typeof typ === 'string' && accessTypes.test(typ)))
    return false
  // OpenID Connect's ID tokens say these; access tokens don't.
  const { nonce, at_hash, c_hash, events } = payload
  if (nonce !== undefined || at_hash !== undefined || c_hash !== undefined) return false
  if (typeof events === 'object' && events !== null && logoutEvent in events) return false
  // Some issuers say it in a claim of their own.
  return !isOther(payload.typ) && !isOther(payload.token_use)
}
