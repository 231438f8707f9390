import { check } from '../core/option-checks.ts'
import type { IssuerOptions } from './issuer-options.ts'

/** Identity providers whose access tokens have a shape of their own. */
export type ProviderName = 'auth0' | 'cognito' | 'entra' | 'google' | 'keycloak' | 'okta'

type Preset = (issuer: string) => Partial<IssuerOptions>

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
    // https://login.microsoftonline.com/TENANT/v2.0
    jwksUrl: below(issuer.replace(/\/v2\.0\/?$/, ''), 'discovery/v2.0/keys'),
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

/** The options of an issuer, with those that its `provider` implies. An option that is set wins. */
export function withProvider(option: string, options: IssuerOptions): IssuerOptions {
  const { provider, ...rest } = options
  if (provider === undefined) return options
  check.oneOf(`${option}.provider`, provider, Object.keys(presets) as ProviderName[])
  check.string(`${option}.issuer`, options.issuer)
  const hasKeys = [rest.publicKey, rest.secret, rest.introspection].some((value) => value !== undefined)
  const { jwksUrl, ...preset } = presets[provider](options.issuer)
  const keys = hasKeys || jwksUrl === undefined ? {} : { algorithms: ['RS256'] as const, jwksUrl }
  return { ...keys, ...preset, ...rest }
}
