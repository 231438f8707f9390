import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Secret } from '@seaworthy/internal'
import { movedFromFastifyOauth2, assertNoMovedOptions } from '../core/moved-options.ts'
import { check, safeUrl } from '../core/option-checks.ts'
import { clientSecretOf } from '../core/strong-secret.ts'
import { resolveLogout, type LogoutOptions, type ResolvedLogout } from '../logout/options.ts'
import { isLocalPath } from '../core/local-path.ts'

/**
 * A user of an identity provider. `issuer` and `subject` together identify the user; an email address never does.
 *
 * @example
 * const onLogin = ({ subject, verifiedEmail }: ProviderIdentity) => ({ sub: subject, email: verifiedEmail })
 */
export interface ProviderIdentity {
  /** The provider's name in the options. */
  readonly provider: string
  /** The issuer of the ID token: of a provider for many tenants that of the user's tenant. */
  readonly issuer: string
  readonly subject: string
  /** Set only if the provider has verified the address: the only one that may link accounts. */
  readonly verifiedEmail: string | undefined
  readonly name: string | undefined
  /** All claims of the provider. With `responseMode: 'form_post'` also `user`, if the form has it: that is not signed. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly accessToken: string
}

/**
 * The endpoints of a provider without discovery (OAuth 2 alone).
 *
 * @example
 * const endpoints: OAuthEndpoints = {
 *   authorizeHost: 'https://gitlab.example.com',
 *   authorizePath: '/oauth/authorize',
 *   tokenHost: 'https://gitlab.example.com',
 *   tokenPath: '/oauth/token'
 * }
 */
export interface OAuthEndpoints {
  authorizeHost: string
  authorizePath: string
  tokenHost: string
  tokenPath: string
}

/**
 * A login through one identity provider. One of `issuer` and `endpoints` is required.
 *
 * @example
 * const google: OAuthOptions = {
 *   issuer: 'https://accounts.google.com',
 *   clientId: process.env['GOOGLE_CLIENT_ID']!,
 *   clientSecret: process.env['GOOGLE_CLIENT_SECRET']!,
 *   callbackUrl: 'https://shop.example.com/login/google/callback',
 *   onLogin: ({ issuer, subject }) => ({ id: `${issuer} ${subject}` })
 * }
 * await app.register(auth, { session: { key: process.env['SESSION_KEY']! }, oauth2: { google } })
 */
export interface OAuthOptions {
  /**
   * The issuer of an OpenID Connect provider, whose metadata is discovered: https, or http on loopback. A slash at its
   * end does not matter.
   *
   * @defaultValue none: the provider is described by `endpoints`
   */
  issuer?: string

  /**
   * The endpoints of an OAuth 2 provider without discovery, or `github`. `profile` then returns the user.
   *
   * @defaultValue none: the endpoints are discovered
   * @throws RangeError for a host that is not https, and without `profile`.
   */
  endpoints?: OAuthEndpoints | 'github'

  /**
   * Returns the user of an access token of a provider without discovery.
   *
   * @defaultValue none: required with `endpoints`, except for `github`, which has one
   */
  profile?: (accessToken: string) => Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>>

  /**
   * The client id that the provider assigned to this service.
   *
   * @defaultValue none: required
   */
  clientId: string

  /**
   * The client secret that the provider assigned to this service.
   *
   * @defaultValue none: required
   */
  clientSecret: string | Secret

  /**
   * The redirect URI registered at the provider: https, or http on loopback. Its path becomes a route.
   *
   * @defaultValue none: required
   */
  callbackUrl: string

  /**
   * The requested scopes.
   *
   * @defaultValue `openid email profile`; for `github` `read:user user:email`; none for other endpoints
   */
  scope?: string

  /**
   * How the provider sends the browser back: `query` by a redirect, `form_post` by a form, which Apple requires for the
   * scopes `name` and `email`. What Apple sends of the user with the first login is `claims.user`, and not signed.
   *
   * @defaultValue 'query'
   * @throws RangeError for `form_post` with a `callbackUrl` that is not https: no cookie of the login would come back.
   */
  responseMode?: 'query' | 'form_post'

  /**
   * The path of the route that starts the login.
   *
   * @defaultValue `/login/<name>`
   */
  startPath?: string

  /**
   * The path to which the browser returns after the login, unless the start has `?returnTo=`.
   *
   * @defaultValue '/'
   * @throws RangeError for a path that leads to another site.
   */
  returnTo?: string

  /**
   * The timeout of each call to the provider, its body included, and of `profile`. Milliseconds, 1 to 60000.
   *
   * @defaultValue 5000
   */
  timeout?: number

  /**
   * Logout at an OpenID Connect provider, from here to there and from there to here. `false` and none: the session ends
   * here only.
   *
   * @defaultValue none: no logout at the provider
   * @throws RangeError without `issuer`.
   */
  logout?: LogoutOptions | false

  /**
   * Finds or creates the user. The returned user becomes the session's `user`, and the browser returns to `returnTo`.
   * Without a returned user there is no login. If the function sends a reply, that is the response. Throw to reject.
   *
   * @defaultValue none: required
   */
  onLogin: (identity: ProviderIdentity, request: FastifyRequest, reply: FastifyReply) => unknown
}

export interface ResolvedProvider extends Omit<OAuthOptions, 'clientSecret' | 'logout'> {
  readonly responseMode: 'query' | 'form_post'
  readonly name: string
  readonly clientSecret: string
  readonly callback: URL
  readonly startPath: string
  readonly returnTo: string
  /** Milliseconds. */
  readonly timeout: number
  readonly logout: ResolvedLogout | undefined
}

export const oauthDefaults = {
  returnTo: '/',
  timeout: 5000,
  responseMode: 'query'
} as const satisfies Partial<OAuthOptions>

const names = Object.keys({
  ...oauthDefaults,
  issuer: true,
  endpoints: true,
  profile: true,
  clientId: true,
  clientSecret: true,
  callbackUrl: true,
  scope: true,
  startPath: true,
  logout: true,
  onLogin: true
} satisfies Record<keyof OAuthOptions, unknown>)

export const resolveOauth = (providers: Record<string, OAuthOptions>): ResolvedProvider[] =>
  Object.entries(providers).map(([name, options]) => resolveProvider(name, options))

function resolveProvider(name: string, options: OAuthOptions): ResolvedProvider {
  if (!/^[a-z][\w-]{0,31}$/i.test(name))
    check.fail('oauth2', 'providers named in letters, digits, - and _', name)
  const option = `oauth2.${name}`
  check.object(option, options)
  assertNoMovedOptions(option, options, '@fastify/oauth2', movedFromFastifyOauth2)
  check.keys(option, options, names)
  const { issuer, endpoints, profile, returnTo = oauthDefaults.returnTo } = options
  if ((issuer === undefined) === (endpoints === undefined))
    check.fail(option, 'set with either "issuer" or "endpoints"', options)
  if (issuer !== undefined) safeUrl(`${option}.issuer`, issuer)
  if (endpoints !== undefined && endpoints !== 'github') {
    for (const key of ['authorizeHost', 'tokenHost'] as const)
      safeUrl(`${option}.endpoints.${key}`, endpoints[key])
    check.fn(`${option}.profile`, profile)
  }
  if (issuer === undefined && options.logout)
    check.failWith(`${option}.logout`, 'used with "issuer", an OpenID Connect provider', '"endpoints"')
  check.string(`${option}.clientId`, options.clientId)
  check.fn(`${option}.onLogin`, options.onLogin)
  const responseMode = check.oneOf(
    `${option}.responseMode`,
    options.responseMode ?? oauthDefaults.responseMode,
    ['query', 'form_post']
  )
  const callback = safeUrl(`${option}.callbackUrl`, options.callbackUrl)
  if (responseMode === 'form_post' && callback.protocol !== 'https:')
    check.failWith(`${option}.responseMode`, '"query" unless "callbackUrl" is https', 'form_post')
  if (!isLocalPath(returnTo)) check.fail(`${option}.returnTo`, 'a path of this service', returnTo)
  return {
    ...options,
    name,
    clientSecret: clientSecretOf(`${option}.clientSecret`, options.clientSecret, 'provider'),
    callback,
    responseMode,
    startPath: check.string(`${option}.startPath`, options.startPath ?? `/login/${name}`),
    returnTo,
    timeout: check.integer(`${option}.timeout`, options.timeout ?? oauthDefaults.timeout, {
      min: 1,
      max: 60_000,
      unit: 'milliseconds'
    }),
    logout: options.logout ? resolveLogout(`${option}.logout`, options.logout) : undefined
  }
}
