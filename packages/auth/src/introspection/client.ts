import * as client from 'openid-client'
import { readOkText } from '../core/limited-body.ts'
import type { Claims } from '../core/token-outcome.ts'
import type { ResolvedIntrospection } from './options.ts'

/** Calls the introspection endpoint. Rejects without a usable response. */
export type Introspect = (token: string) => Promise<Claims>

export function createIntrospect(issuer: string, options: ResolvedIntrospection): Introspect {
  const { endpoint, clientId, clientSecret, timeout } = options
  const config = new client.Configuration(
    { issuer, introspection_endpoint: endpoint },
    clientId,
    undefined,
    client.ClientSecretBasic(clientSecret)
  )
  // The option checks allow http only on loopback.
  if (endpoint.startsWith('http:')) client.allowInsecureRequests(config)
  // The library would follow redirects, and read a body of any length.
  config[client.customFetch] = async (url, init) => {
    const response = await fetch(url, {
      ...(init as RequestInit),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout)
    })
    const { status, headers } = response
    return new Response(await readOkText(response), { status, headers })
  }
  return (token) => client.tokenIntrospection(config, token, { token_type_hint: 'access_token' })
}
