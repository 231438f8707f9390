import * as client from 'openid-client'

/**
 * Authenticates this service at the token endpoint: by HTTP Basic, which each provider has to support, or in the body
 * where the metadata list that alone.
 */
export function clientAuthentication(secret: string): client.ClientAuth {
  const basic = client.ClientSecretBasic(secret)
  const post = client.ClientSecretPost(secret)
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? []
    const isPostOnly = methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
    return isPostOnly ? post(server, ...rest) : basic(server, ...rest)
  }
}
