import * as client from 'openid-client'
import type { ProviderIdentity, ResolvedProvider } from './options.ts'
import type { Attempt } from './state-cookies.ts'
import { githubEndpoints, githubProfile } from './github.ts'

/** **Seconds** that the provider may take for one answer. */
const timeout = 5

/** One identity provider: where to send the browser, and who has come back. */
export interface Provider {
  begin(returnTo: string): Promise<{ url: URL; attempt: Attempt }>
  finish(query: URLSearchParams, attempt: Attempt): Promise<ProviderIdentity>
}

export function createProvider(options: ResolvedProvider): Provider {
  const configuration = options.issuer === undefined ? fixed(options) : discovered(options)
  const scope =
    options.scope ??
    (options.issuer !== undefined
      ? 'openid email profile'
      : options.endpoints === 'github'
        ? 'read:user user:email'
        : undefined)

  return {
    async begin(returnTo) {
      const config = await configuration()
      const attempt: Attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        returnTo
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: options.callback.href,
        response_type: 'code',
        state: attempt.state,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        ...(scope === undefined ? {} : { scope }),
        ...(options.issuer === undefined ? {} : { nonce: attempt.nonce })
      })
      return { url, attempt }
    },

    async finish(query, { state, nonce, verifier }) {
      const config = await configuration()
      // From the configuration, not from the request: its host is whatever the client says.
      const url = new URL(options.callback)
      url.search = query.toString()
      const oidc = options.issuer !== undefined
      const tokens = await client.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        ...(oidc ? { expectedNonce: nonce, idTokenExpected: true } : {})
      })
      const accessToken = tokens.access_token
      const known = oidc
        ? await openIdIdentity(config, accessToken, tokens.claims()!)
        : await (options.endpoints === 'github' ? githubProfile(accessToken) : options.profile!(accessToken))
      return { provider: options.name, issuer: config.serverMetadata().issuer, accessToken, ...known }
    }
  }
}

type Known = Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>

async function openIdIdentity(
  config: client.Configuration,
  accessToken: string,
  idToken: client.IDToken
): Promise<Known> {
  // What the ID token doesn't say, userinfo may; its subject is compared with the ID token's.
  const more =
    idToken.email === undefined && config.serverMetadata().userinfo_endpoint !== undefined
      ? await client.fetchUserInfo(config, accessToken, idToken.sub)
      : {}
  const claims: Record<string, unknown> = { ...more, ...idToken }
  const { sub, email, name } = claims
  return {
    subject: String(sub),
    verifiedEmail: claims.email_verified === true && typeof email === 'string' ? email : undefined,
    name: typeof name === 'string' ? name : undefined,
    claims
  }
}

/** The metadata is fetched with the first login, once for all who wait; a failure is tried again by the next. */
function discovered({ issuer, clientId, secret }: ResolvedProvider): () => Promise<client.Configuration> {
  const url = new URL(issuer!)
  let pending: Promise<client.Configuration> | undefined
  return () => {
    pending ??= client
      .discovery(url, clientId, undefined, client.ClientSecretBasic(secret), {
        timeout,
        execute: [
          // The ID token's signature, though TLS says whose answer it is: proxies end TLS.
          client.enableNonRepudiationChecks,
          // Only a loopback address may be http: the options are checked for that.
          ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : [])
        ]
      })
      .catch((error: unknown) => {
        pending = undefined
        throw error
      })
    return pending
  }
}

function fixed(options: ResolvedProvider): () => Promise<client.Configuration> {
  const endpoints = options.endpoints === 'github' ? githubEndpoints : options.endpoints!
  if (typeof endpoints === 'string') throw new TypeError(endpoints)
  const config = new client.Configuration(
    {
      issuer: endpoints.authorizeHost,
      authorization_endpoint: new URL(endpoints.authorizePath, endpoints.authorizeHost).href,
      token_endpoint: new URL(endpoints.tokenPath, endpoints.tokenHost).href
    },
    options.clientId,
    undefined,
    client.ClientSecretPost(options.secret)
  )
  config.timeout = timeout
  if (endpoints.tokenHost.startsWith('http:')) client.allowInsecureRequests(config)
  return () => Promise.resolve(config)
}
