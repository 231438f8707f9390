import * as client from 'openid-client'
import type { ResolvedIntrospection } from './options.ts'
import type { Claims } from '../tokens/types.ts'
import { limitedText } from '../core/limited-body.ts'

/** Asks the issuer about a token. Rejects where it gives no answer that can be used. */
export type Introspect = (token: string) => Promise<Claims>

export function createIntrospect(issuer: string, options: ResolvedIntrospection): Introspect {
  const { endpoint, clientId, secret, timeout } = options
  const config = new client.Configuration(
    { issuer, introspection_endpoint: endpoint },
    clientId,
    undefined,
    client.ClientSecretBasic(secret)
  )
  // Only a loopback address may be http: the options are checked for that.
  if (endpoint.startsWith('http:')) client.allowInsecureRequests(config)
  // The library would read a body of any length.
  config[client.customFetch] = async (url, given) => {
    const { status, headers, body } = await limited(url, {
      ...(given as RequestInit),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout)
    })
    return new Response(body, { status, headers })
  }
  return (token) => client.tokenIntrospection(config, token, { token_type_hint: 'access_token' })
}

async function limited(
  url: string,
  request: RequestInit
): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(url, request)
  const { status, headers } = response
  if (status === 200) return { status, headers, body: await limitedText(response) }
  await response.body?.cancel()
  throw new Error(`status ${status}`)
}
