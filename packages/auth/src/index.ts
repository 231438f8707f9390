export type { ApiKeys, NewApiKey } from './api-keys/create.ts'
export type { ApiKeyOptions, ApiKeyRecord } from './api-keys/options.ts'
export type { AuthApi, Revocable } from './api.ts'
export type { AuditEvent, AuditType } from './core/audit.ts'
export { AuthError, type AuthErrorCode } from './core/errors.ts'
export type { AuthUser, Identity, SchemeName } from './core/identity.ts'
export type { SymmetricJwk, SymmetricKey } from './core/strong-secret.ts'
export type { CsrfOptions } from './csrf/options.ts'
export type { IntrospectionOptions } from './introspection/options.ts'
export type { Credentials, VerifyCredentials } from './logins/credentials.ts'
export type { BreachedOptions } from './logins/breached-options.ts'
export type { LoginOptions } from './logins/options.ts'
export type { OAuthEndpoints, OAuthOptions, ProviderIdentity } from './oauth/options.ts'
export type { AuthOptions } from './options.ts'
export { auth, auth as default } from './plugin.ts'
export type { AuthHook } from './policy/auth-hook.ts'
export type { MatrixRow } from './policy/matrix.ts'
export type { Policies, Policy, PolicyContext } from './policy/policies.ts'
export type { AuthRule, RouteAuth } from './policy/requirement.ts'
export type { RolesOption } from './policy/roles.ts'
export type { RevocationOptions } from './revocation/options.ts'
export type { NewKeys } from './rotation/rotate-keys.ts'
export type { SchemeExpression } from './schemes/types.ts'
export type { Session, SessionData, SessionKey, SessionMethods, SessionValue } from './sessions/decorators.ts'
export type { SessionCookie, SessionOptions } from './sessions/options.ts'
export type { ListedSession, Sessions } from './sessions/types.ts'
export type { RedisClient, RedisSubscriber } from './stores/redis-client.ts'
export type { SessionRecord } from './stores/store.ts'
export type { SignatureAlgorithm } from './tokens/algorithms.ts'
export type {
  Jwt,
  JwtDecode,
  JwtPayload,
  JwtRequestOptions,
  JwtSign,
  JwtSignOptions,
  JwtVerify,
  JwtVerifyOptions
} from './tokens/decorators.ts'
export type { IssuerOptions } from './tokens/issuer-options.ts'
export type { TokenPair } from './tokens/mint.ts'
export type { JwtOptions } from './tokens/options.ts'
export type { ProviderName } from './tokens/providers.ts'
export type { CookieOptions, UnsignedCookie } from './types/cookies.ts'
export type { AuthTypes, PolicyName, RoleName, ScopeName } from './types/names.ts'
export type { AnyReply, AnyRequest } from './types/requests.ts'
