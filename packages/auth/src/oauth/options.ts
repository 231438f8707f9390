import type { FastifyReply, FastifyRequest } from 'fastify'
import { optionChecks, reveal, type Secret } from '@seaworthy/internal'
import { isOwnPath } from './return-to.ts'
import { safeUrl } from '../core/option-checks.ts'

/** Whom an identity provider vouches for. `issuer` and `subject` together are the identity; an address never is. */
export interface ProviderIdentity {
  /** The provider's name in the options. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** Only where the provider says that it has verified it: the one that may link accounts. */
  readonly verifiedEmail: string | undefined
  readonly name: string | undefined
  /** All that the provider said. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly accessToken: string
}

/** Where a provider without discovery (OAuth 2 alone) has its endpoints. */
export interface OAuthEndpoints {
  authorizeHost: string
  authorizePath: string
  tokenHost: string
  tokenPath: string
}

/** A login through one identity provider. */
export interface OAuthOptions {
  /** OpenID Connect: the issuer, whose metadata is discovered. https, or http on loopback. */
  issuer?: string
  /** OAuth 2 without discovery: the endpoints, or `github`. `profile` then says who it is. */
  endpoints?: OAuthEndpoints | 'github'
  /** Who an access token of a provider without discovery belongs to. There is one for `github`. */
  profile?: (accessToken: string) => Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>>
  /** What the provider calls this service. */
  clientId: string
  /** What the provider knows this service by. */
  clientSecret: string | Secret
  /** Where the provider sends the browser back, as registered there. https, http only on loopback. */
  callbackUrl: string
  /** Default `openid email profile`, for `github` `read:user user:email`. */
  scope?: string
  /** The route that starts the login. Default `/login/<name>`. */
  startPath?: string
  /** Where the browser goes afterwards, unless `?returnTo=` said so. Default `/`. */
  returnTo?: string
  /**
   * Finds or makes the user. What it gives becomes the session's `user`, and the browser goes to `returnTo`;
   * with a reply sent, it has done all itself; with nothing given, nobody is logged in. Throw to refuse.
   */
  onLogin: (identity: ProviderIdentity, request: FastifyRequest, reply: FastifyReply) => unknown
}

export interface ResolvedProvider extends OAuthOptions {
  readonly name: string
  readonly secret: string
  readonly callback: URL
  readonly startPath: string
  readonly returnTo: string
}

const check = optionChecks('auth')
const names = [
  'issuer', 'endpoints', 'profile', 'clientId', 'clientSecret', 'callbackUrl', 'scope', 'startPath', 'returnTo', 'onLogin'
] // prettier-ignore

export function resolveOauth(providers: Record<string, OAuthOptions>): ResolvedProvider[] {
  return Object.entries(providers).map(([name, options]) => {
    const at = `oauth2.${name}`
    if (!/^[a-z][\w-]{0,31}$/i.test(name))
      check.fail('oauth2', 'providers named in letters, digits, - and _', name)
    check.keys(at, options, names)
    const { issuer, endpoints, profile, clientId, clientSecret, callbackUrl, onLogin } = options
    if ((issuer === undefined) === (endpoints === undefined)) {
      check.fail(at, 'given either "issuer" or "endpoints"', options)
    }
    if (issuer !== undefined) safeUrl(`${at}.issuer`, issuer)
    if (endpoints !== undefined && endpoints !== 'github') {
      for (const key of ['authorizeHost', 'tokenHost'] as const)
        safeUrl(`${at}.endpoints.${key}`, endpoints[key])
      check.fn(`${at}.profile`, profile)
    }
    check.string(`${at}.clientId`, clientId)
    const secret: unknown = clientSecret === undefined ? undefined : reveal(clientSecret)
    if (typeof secret !== 'string' || secret === '')
      check.fail(`${at}.clientSecret`, 'the secret that the provider gave', typeof secret)
    check.fn(`${at}.onLogin`, onLogin)
    return {
      ...options,
      name,
      secret: secret as string,
      callback: safeUrl(`${at}.callbackUrl`, callbackUrl),
      startPath: check.string(`${at}.startPath`, options.startPath ?? `/login/${name}`),
      returnTo: isOwnPath(options.returnTo ?? '/')
        ? (options.returnTo ?? '/')
        : check.fail(`${at}.returnTo`, 'a path of this service', options.returnTo)
    }
  })
}
