import { withTimeout } from '@seaworthy/internal'
import * as client from 'openid-client'
import { githubEndpoints, githubProfile } from './github.ts'
import type { PublishedMetadata } from '../logout/logout-tokens.ts'
import { clientAuthentication } from './client-authentication.ts'
import { openIdProfile, type Profile } from './openid-profile.ts'
import { withPostedUser } from './posted-user.ts'
import type { ProviderIdentity, ResolvedProvider } from './options.ts'
import { providerCache } from './provider-cache.ts'
import { providerFetch } from './provider-fetch.ts'
import type { LoginState } from '../core/state-cookies.ts'

/** **Seconds** of the library's own timeout: that of the option ends a call before. */
const libraryTimeout = 120

/** One identity provider. */
export interface Provider {
  /** Returns the URL of the provider's login page, and the state of the login. */
  startLogin(returnTo: string): Promise<{ url: URL; login: LoginState }>
  /** Exchanges the code of the callback for the identity. */
  completeLogin(query: URLSearchParams, login: LoginState): Promise<CompletedLogin>
  /** The published metadata of an OpenID Connect provider. */
  metadata(): Promise<PublishedMetadata>
  /** The provider's page that ends its session. `undefined` if it has none. */
  endSessionUrl(parameters: Record<string, string>): Promise<URL | undefined>
}

/** A user who has logged in, and what the logout needs. */
export interface CompletedLogin {
  readonly identity: ProviderIdentity
  readonly idToken: string | undefined
  /** The provider's id of its session. */
  readonly sid: string | undefined
}

export function createProvider(options: ResolvedProvider): Provider {
  const isOpenId = options.issuer !== undefined
  const { configuration, forLogin } = isOpenId
    ? discoveredConfiguration(options)
    : fixedConfiguration(options)
  const scope = options.scope ?? defaultScope(options)

  return {
    async startLogin(returnTo) {
      const config = await configuration()
      const login: LoginState = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        returnTo
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: options.callback.href,
        response_type: 'code',
        state: login.state,
        code_challenge: await client.calculatePKCECodeChallenge(login.verifier),
        code_challenge_method: 'S256',
        ...(scope === undefined ? {} : { scope }),
        ...(options.responseMode === 'query' ? {} : { response_mode: options.responseMode }),
        ...(isOpenId ? { nonce: login.nonce } : {})
      })
      return { url, login }
    },

    async completeLogin(query, { state, nonce, verifier }) {
      const { config, withNewKeys } = await forLogin()
      // The URL comes from the options: the client controls the host of the request.
      const url = new URL(options.callback)
      url.search = query.toString()
      const grant = (of: client.Configuration) =>
        client.authorizationCodeGrant(of, url, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          ...(isOpenId ? { expectedNonce: nonce, idTokenExpected: true } : {})
        })
      // A new key may have the id of the one before.
      const tokens = await grant(config).catch(async (error: unknown) => {
        const again = await withNewKeys()
        if (again === undefined) throw error
        return grant(again)
      })
      const accessToken = tokens.access_token
      const profile: Profile = isOpenId
        ? await openIdProfile(config, accessToken, tokens.claims()!)
        : await withTimeout(options.timeout, () =>
            options.endpoints === 'github'
              ? githubProfile(accessToken, options.timeout)
              : options.profile!(accessToken)
          )
      const claims = tokens.claims()
      // The metadata of a provider for many tenants have a placeholder instead of the user's tenant.
      const issuer = claims?.iss ?? config.serverMetadata().issuer
      const identity = { provider: options.name, issuer, accessToken, ...profile }
      const sid = claims?.sid
      return {
        identity: options.responseMode === 'form_post' ? withPostedUser(identity, query) : identity,
        idToken: tokens.id_token,
        sid: typeof sid === 'string' && sid !== '' ? sid : undefined
      }
    },

    async metadata() {
      const { issuer, jwks_uri: jwksUrl } = (await configuration()).serverMetadata()
      if (jwksUrl === undefined) throw new Error('the provider publishes no keys')
      return { issuer, jwksUrl }
    },
    async endSessionUrl(parameters) {
      const config = await configuration()
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined
      return client.buildEndSessionUrl(config, parameters)
    }
  }
}

function defaultScope({ issuer, endpoints }: ResolvedProvider): string | undefined {
  if (issuer !== undefined) return 'openid email profile'
  return endpoints === 'github' ? 'read:user user:email' : undefined
}

interface LoginConfiguration {
  readonly config: client.Configuration
  /** The configuration that verifies the same tokens by keys that were just fetched, if those from before were kept ones. */
  withNewKeys(): Promise<client.Configuration | undefined>
}

interface Configurations {
  /** The one for all calls. */
  configuration(): Promise<client.Configuration>
  /** One for a single login. */
  forLogin(): Promise<LoginConfiguration>
}

/** Fetches the metadata with the first login, once for concurrent logins. After a failure the next login retries. */
function discoveredConfiguration({
  issuer,
  clientId,
  clientSecret,
  timeout
}: ResolvedProvider): Configurations {
  const url = new URL(issuer!)
  const cache = providerCache(providerFetch(timeout))
  const discover = (issuerUrl: URL, fetch = cache.forLogin().fetch): Promise<client.Configuration> =>
    client.discovery(issuerUrl, clientId, undefined, clientAuthentication(clientSecret), {
      timeout: libraryTimeout,
      [client.customFetch]: fetch,
      execute: [
        // Verifies the ID token's signature. TLS alone is not enough, because a proxy may terminate it.
        client.enableNonRepudiationChecks,
        // The option checks allow http only on loopback.
        ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : [])
      ]
    })
  /** The metadata of both are at one address: a slash at the end of the option does not tell them apart. */
  const find = (): Promise<client.Configuration> =>
    discover(url).catch((error: unknown) => {
      const isOfOtherIssuer = (error as { code?: string }).code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'
      if (!isOfOtherIssuer) throw error
      url.pathname = url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : `${url.pathname}/`
      return discover(url)
    })
  let pending: Promise<client.Configuration> | undefined
  const configuration = () =>
    (pending ??= find().catch((error: unknown) => {
      pending = undefined
      cache.clear()
      throw error
    }))
  return {
    configuration,
    async forLogin() {
      await configuration()
      const requests = cache.forLogin()
      return {
        // From the kept metadata, without the library's memory of keys.
        config: await discover(url, requests.fetch),
        async withNewKeys() {
          const fetch = requests.withNewKeys()
          return fetch && discover(url, fetch)
        }
      }
    }
  }
}

function fixedConfiguration({
  endpoints: option,
  clientId,
  clientSecret,
  timeout
}: ResolvedProvider): Configurations {
  const endpoints = option === undefined || option === 'github' ? githubEndpoints : option
  const config = new client.Configuration(
    {
      issuer: endpoints.authorizeHost,
      authorization_endpoint: new URL(endpoints.authorizePath, endpoints.authorizeHost).href,
      token_endpoint: new URL(endpoints.tokenPath, endpoints.tokenHost).href
    },
    clientId,
    undefined,
    client.ClientSecretPost(clientSecret)
  )
  config.timeout = libraryTimeout
  config[client.customFetch] = providerFetch(timeout)
  if (endpoints.tokenHost.startsWith('http:')) client.allowInsecureRequests(config)
  return {
    configuration: () => Promise.resolve(config),
    forLogin: () => Promise.resolve({ config, withNewKeys: () => Promise.resolve(undefined) })
  }
}
