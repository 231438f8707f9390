export type { ApiKeys, NewApiKey } from './api-keys.ts'
export type { AuthApi, Revocable } from './api.ts'
export type { AuditEvent, AuditType } from './audit.ts'
export { AuthError } from './errors.ts'
export type { AuthUser, Identity, SchemeName } from './identity.ts'
export type { Credentials, VerifyCredentials } from './logins/credentials.ts'
export type { ApiKeyOptions, ApiKeyRecord } from './options-api-keys.ts'
export type { IntrospectionOptions } from './options-introspection.ts'
export type { IssuerOptions } from './options-issuer.ts'
export type { JwtOptions } from './options-jwt.ts'
export type { LoginOptions } from './options-login.ts'
export type { OAuthEndpoints, OAuthOptions, ProviderIdentity } from './options-oauth.ts'
export type { CsrfOptions, SessionCookie, SessionOptions } from './options-session.ts'
export type { AuthOptions, RevocationOptions } from './options.ts'
export { auth, auth as default } from './plugin.ts'
export type { MatrixRow } from './policy/matrix.ts'
export type { Policies, Policy, PolicyContext } from './policy/policies.ts'
export type { AuthRule, RouteAuth, SchemeExpression } from './policy/requirement.ts'
export type { RolesOption } from './policy/roles.ts'
export type { AuthHook } from './policy/routes.ts'
export type { Sessions } from './sessions/sessions.ts'
export type { RedisClient, RedisSubscriber } from './stores/redis-client.ts'
export type { SessionRecord } from './stores/store.ts'
export type { SignatureAlgorithm } from './tokens/algorithms.ts'
export type { TokenPair } from './tokens/issue.ts'
export type { CookieOptions, UnsignedCookie } from './types/cookies.ts'
export type { AuthTypes, PolicyName, RoleName, ScopeName } from './types/names.ts'
export type { AnyReply, AnyRequest } from './types/requests.ts'
export type { Session, SessionData, SessionKey, SessionMethods, SessionValue } from './types/sessions.ts'
export type {
  Jwt,
  JwtDecode,
  JwtPayload,
  JwtRequestOptions,
  JwtSign,
  JwtSignOptions,
  JwtVerify,
  JwtVerifyOptions
} from './types/tokens.ts'
