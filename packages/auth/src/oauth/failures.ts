import { AuthError, unavailable } from '../core/errors.ts'

/** Maps an error of a call to the provider to one of three responses. Errors of `onLogin` do not come here. */
export function providerFailure(error: unknown): AuthError {
  const { name, code, status, cause } = error as {
    name?: string
    code?: string
    status?: number
    cause?: { name?: string; code?: string }
  }
  if (name === 'AuthorizationResponseError') {
    const message = 'The login was not completed at the provider'
    return new AuthError(message, { code: 'AUTH_LOGIN_REJECTED', statusCode: 401, cause: error })
  }
  const isOutage =
    name === 'TimeoutError' ||
    code === 'OAUTH_TIMEOUT' ||
    code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ||
    (code ?? cause?.code) === 'BODY_TOO_LONG' ||
    error instanceof TypeError ||
    cause?.name === 'TimeoutError' ||
    (status !== undefined && status >= 500)
  if (isOutage)
    return unavailable('AUTH_PROVIDER_UNAVAILABLE', 'The login provider cannot be reached', 5, error)
  const message = "The provider's response is not valid"
  return new AuthError(message, { code: 'AUTH_LOGIN_INVALID', statusCode: 401, cause: error })
}
