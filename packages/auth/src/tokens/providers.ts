import { check } from '../core/option-checks.ts'
import type { SignatureAlgorithm } from './algorithms.ts'

/**
 * Identity providers whose access tokens have a shape of their own.
 *
 * @example
 * const provider: ProviderName = 'keycloak'
 * const issuers = [{ provider, issuer: 'https://id.example.com/realms/shop', audience: 'shop' }]
 * await app.register(auth, { jwt: { issuers } })
 */
export type ProviderName = 'auth0' | 'cognito' | 'entra' | 'google' | 'keycloak' | 'okta'

interface Implied {
  jwksUrl?: string
  algorithms?: readonly SignatureAlgorithm[]
  requiredClaims?: readonly string[]
  rolesClaim?: string
  scopesClaim?: string
}

interface Configured extends Implied {
  issuer: string
  provider?: ProviderName
  publicKey?: unknown
  secret?: unknown
  introspection?: unknown
}

type Preset = (issuer: string) => Implied

/** The issuer of Auth0 ends with a slash, those of the others do not. */
const below = (issuer: string, path: string): string => `${issuer.replace(/\/$/, '')}/${path}`

const presets: Readonly<Record<ProviderName, Preset>> = {
  auth0: (issuer) => ({ jwksUrl: below(issuer, '.well-known/jwks.json') }),
  // No `aud`: `client_id` is compared with `audience`.
  cognito: (issuer) => ({
    jwksUrl: below(issuer, '.well-known/jwks.json'),
    requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
    rolesClaim: 'cognito:groups',
    scopesClaim: 'scope'
  }),
  entra: (issuer) => ({
    // https://login.microsoftonline.com/TENANT/v2.0, for tokens of version 1 https://sts.windows.net/TENANT/
    jwksUrl: below(
      issuer
        .replace(/\/v2\.0\/?$/, '')
        .replace(/^https:\/\/sts\.windows\.net\//, 'https://login.microsoftonline.com/'),
      'discovery/v2.0/keys'
    ),
    // ID tokens have the same audience where an app and its API are one registration, but no client.
    requiredClaims: ['exp', 'iat', 'sub', /\/v2\.0\/?$/.test(issuer) ? 'azp' : 'appid'],
    rolesClaim: 'roles',
    scopesClaim: 'scp'
  }),
  // Identity tokens of service accounts: access tokens of Google are opaque.
  google: () => ({ jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs' }),
  keycloak: (issuer) => ({
    jwksUrl: below(issuer, 'protocol/openid-connect/certs'),
    rolesClaim: 'realm_access.roles',
    scopesClaim: 'scope'
  }),
  okta: (issuer) => ({ jwksUrl: below(issuer, 'v1/keys'), rolesClaim: 'groups', scopesClaim: 'scp' })
}

/** Whether the `iss` claim of the provider's tokens ends with a slash. */
const endsWithSlash = (provider: ProviderName, issuer: string): boolean =>
  provider === 'auth0' || (provider === 'entra' && issuer.startsWith('https://sts.windows.net/'))

/** The issuer is compared exactly: one that the provider's tokens cannot have would reject them all, without a reason. */
function checkIssuer(option: string, provider: ProviderName, issuer: string): void {
  const right = issuer.replace(/\/$/, '') + (endsWithSlash(provider, issuer) ? '/' : '')
  if (issuer !== right) check.fail(option, `the "iss" claim of its tokens, such as '${right}'`, issuer)
  if (provider === 'entra' && /\/(?:common|organizations|consumers)(?:\/|$)/.test(issuer))
    check.fail(option, 'the "iss" claim of its tokens, which has the tenant\'s id', issuer)
}

/** The options of an issuer, with those that its `provider` implies. An option that is set wins. */
export function withProvider<T extends Configured>(
  option: string,
  options: T
): Omit<T, 'provider'> & Implied {
  const { provider, ...rest } = options
  if (provider === undefined) return options
  check.oneOf(`${option}.provider`, provider, Object.keys(presets) as ProviderName[])
  check.string(`${option}.issuer`, options.issuer)
  checkIssuer(`${option}.issuer`, provider, options.issuer)
  const hasKeys = [options.publicKey, options.secret, options.introspection].some(
    (value) => value !== undefined
  )
  const { jwksUrl, ...preset } = presets[provider](options.issuer)
  const keys: Implied = hasKeys || jwksUrl === undefined ? {} : { algorithms: ['RS256'] as const, jwksUrl }
  return { ...keys, ...preset, ...rest }
}
