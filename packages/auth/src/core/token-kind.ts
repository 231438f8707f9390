import type { Claims } from './token-outcome.ts'

const accessTypes = /^(?:application\/)?(?:at\+jwt|jwt|jose)$/i
const otherKinds = /^(?:id|refresh|offline|logout)(?:[ _-]?token)?$/i

/** Whether a claim has events by their URIs: that of a security event or logout token (RFC 8417). */
const isOfEvents = (events: unknown): boolean =>
  typeof events === 'object' &&
  events !== null &&
  !Array.isArray(events) &&
  Object.keys(events).some((name) => /^[a-z][\w+.-]*:/i.test(name))

const isOtherKind = (kind: unknown): boolean => typeof kind === 'string' && otherKinds.test(kind)

/** The claims in which Keycloak, Cognito, Django's simplejwt and Casdoor state the kind. */
const kindsOf = ({ typ, token_use, token_type, tokenType }: Claims): unknown[] => [
  typ,
  token_use,
  token_type,
  tokenType
]

/** Whether a token states in a claim with another meaning elsewhere that it is a refresh token: Flask's, Descope's. */
export const statesRefresh = ({ type, drn }: Claims): boolean =>
  (typeof type === 'string' && /^refresh(?:[ _-]?token)?$/i.test(type)) || drn === 'DSR'

/** Whether a token is an access token of Entra B2C: it has scopes and a client, and an ID token has neither. */
const isB2cAccess = ({ ver, scp, azp }: Claims): boolean =>
  (ver === '1.0' || ver === '2.0') && typeof scp === 'string' && typeof azp === 'string'

/** Whether a token has a client and scopes, as those of Authentik: an ID token has no scopes. */
const hasClientAndScopes = ({ azp, scope }: Claims): boolean =>
  typeof azp === 'string' && typeof scope === 'string' && scope !== ''

/** Whether a token states that it is an access token: by its header, or by claims of one of these providers. */
export const statesAccess = (typ: unknown, payload: Claims): boolean =>
  isB2cAccess(payload) ||
  hasClientAndScopes(payload) ||
  (typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ)) ||
  (typeof payload.typ === 'string' && /^(?:bearer|dpop)$/i.test(payload.typ)) ||
  payload.token_use === 'access'

/** Whether a token is an ID token of Entra: its access tokens name the client, its ID tokens may have no nonce. */
const isEntraIdentity = ({ ver, tid, azp, appid }: Claims): boolean =>
  (ver === '1.0' || ver === '2.0') && typeof tid === 'string' && azp === undefined && appid === undefined

/**
 * Whether a token is an access token, as far as it states its kind: issuers sign ID, refresh, logout and other event tokens
 * with the same keys.
 *
 * @param rules - `type`: the `typ` header of the issuer's access tokens; the verifier has compared it already.
 * `requiredClaims`: claims of all its access tokens, so that they are no sign of another kind.
 */
export function isAccessToken(header: Claims, payload: Claims, { type, requiredClaims }: KindRules): boolean {
  const { typ } = header
  if (type === undefined && typ !== undefined && !(typeof typ === 'string' && accessTypes.test(typ)))
    return false
  // ID tokens of OpenID Connect have these claims. Access tokens do not, except for the nonce of Keycloak's and Entra's, which
  // state their kind.
  const isSign = (name: string): boolean =>
    payload[name] !== undefined && requiredClaims?.includes(name) !== true
  if (isSign('at_hash') || isSign('c_hash')) return false
  if (isSign('nonce') && !statesAccess(typ, payload)) return false
  if (isOfEvents(payload.events) || isEntraIdentity(payload)) return false
  // Some issuers state the kind in a claim of their own.
  return !kindsOf(payload).some((kind) => isOtherKind(kind))
}

export interface KindRules {
  readonly type: string | undefined
  readonly requiredClaims?: readonly string[]
}
