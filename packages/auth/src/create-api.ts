import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { AuthApi } from './api.ts'
import type { ApiKeys } from './api-keys/create.ts'
import type { Audit } from './core/audit.ts'
import type { Csrf } from './csrf/csrf.ts'
import type { IsBreached } from './logins/breached.ts'
import { createVerifyCredentials } from './logins/credentials.ts'
import type { ResolvedLogin } from './logins/options.ts'
import { createPasswords } from './logins/passwords.ts'
import { createOpenApi } from './openapi/open-api.ts'
import type { DescribedSchemes } from './openapi/schemes.ts'
import { formatMatrix } from './policy/matrix.ts'
import type { RouteRules } from './policy/routes.ts'
import type { IssuerScope } from './revocation/issuer-scope.ts'
import type { Revocations } from './revocation/revocations.ts'
import { createRevoke } from './revoke.ts'
import type { Sessions } from './sessions/types.ts'
import type { AuthStore } from './stores/store.ts'
import type { TokenMint } from './tokens/mint.ts'
import type { TokenVerifier } from './tokens/verifier.ts'

export interface ApiDependencies {
  readonly login: ResolvedLogin
  readonly log: FastifyBaseLogger
  /** The store of all processes, or `local`. */
  readonly store: AuthStore
  readonly local: AuthStore
  /** The schemes in the words of OpenAPI. */
  readonly described: DescribedSchemes
  readonly audit: Audit
  readonly revocations: Revocations
  readonly rules: RouteRules
  readonly issuers: IssuerScope
  /** Milliseconds that a session or family lives at most. */
  readonly lifetime: number
  readonly mint: TokenMint | undefined
  readonly verifier: TokenVerifier | undefined
  readonly sessions: Sessions | undefined
  readonly apiKeys: ApiKeys | undefined
  readonly csrf: Csrf | undefined
  readonly rotateKeys: AuthApi['rotateKeys']
}

/** Returns a feature, or throws with the option that enables it. */
function requireFeature<T>(feature: T | undefined, option: string): T {
  if (feature === undefined) throw new Error(`auth: this needs the option "${option}"`)
  return feature
}

/** Makes `app.auth`. */
export function createApi({
  login,
  log,
  store,
  local,
  audit,
  revocations,
  rules,
  issuers,
  lifetime,
  rotateKeys,
  ...features
}: ApiDependencies): AuthApi {
  const { sessions } = features
  const passwords = createPasswords(login)
  const mint = () => requireFeature(features.mint, 'jwt.secret')
  let isBreached: Promise<IsBreached> | undefined
  const loadIsBreached = async (): Promise<IsBreached> => {
    const options = requireFeature(login.breached, 'login.breached')
    return (await import('./logins/breached.ts')).createIsBreached(options, log)
  }
  const verifier = () => requireFeature(features.verifier, 'jwt')

  return {
    issueTokens: async (claims, request) => mint().issueTokens(claims, request),
    refresh: async (refreshToken, request) => mint().refresh(refreshToken, request),
    revoke: createRevoke({ store, audit, revocations, sessions, issuers, lifetime, mint, verifier }),
    rotateKeys,
    matrix: () => rules.matrix(),
    printMatrix: () => formatMatrix(rules.matrix()),
    hashPassword: (password) => passwords.hash(password),
    verifyPassword: (password, hash) => passwords.verify(password, hash),
    needsRehash: (hash) => passwords.needsRehash(hash),
    isBreachedPassword: async (password) => (await (isBreached ??= loadIsBreached()))(password),
    verifyCredentials: createVerifyCredentials(passwords, login, { main: store, local }, audit),
    get apiKeys() {
      return requireFeature(features.apiKeys, 'apiKeys')
    },
    get sessions() {
      return requireFeature(sessions, 'session')
    },
    csrfToken: (request: FastifyRequest) => requireFeature(features.csrf, 'csrf').tokenFor(request),
    openApi: createOpenApi(rules, features.described)
  }
}
