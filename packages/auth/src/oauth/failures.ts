import { AuthError, unavailable } from '../core/errors.ts'

/** What an app's own `onLogin` throws is its own; what goes wrong with the provider becomes one of three answers. */
export function providerFailure(error: unknown): AuthError {
  const { name, code, status, cause } = error as {
    name?: string
    code?: string
    status?: number
    cause?: { name?: string }
  }
  if (name === 'AuthorizationResponseError') {
    return new AuthError('AUTH_LOGIN_REFUSED', 401, 'The login was not completed at the provider', {
      cause: error
    })
  }
  const away =
    code === 'OAUTH_TIMEOUT' ||
    code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ||
    error instanceof TypeError ||
    cause?.name === 'TimeoutError' ||
    (status !== undefined && status >= 500)
  if (away) return unavailable('AUTH_PROVIDER_UNAVAILABLE', 'The login provider cannot be reached', 5, error)
  return new AuthError('AUTH_LOGIN_INVALID', 401, "The provider's answer does not hold", { cause: error })
}
