import { isLocalPath } from '../core/local-path.ts'
import { check, safeUrl } from '../core/option-checks.ts'

/**
 * Logout at an OpenID Connect provider: from here to there (RP-initiated), and from there to here (back-channel and
 * front-channel).
 *
 * @example
 * const logout: LogoutOptions = {
 *   callbackUrl: 'https://shop.example.com/logout/google/callback',
 *   backchannelPath: '/logout/google/backchannel'
 * }
 */
export interface LogoutOptions {
  /**
   * The path of the route that ends the session here and then at the provider: a form sends POST to it, so that no other
   * site can log the user out. `false`: there is no such route.
   *
   * @defaultValue `/logout/<name>` with `session`
   */
  path?: string | false

  /**
   * The post-logout redirect URI registered at the provider: https, or http on loopback. Its path becomes a route, which
   * sends the browser to `returnTo`.
   *
   * @defaultValue none: the provider shows a page of its own
   */
  callbackUrl?: string

  /**
   * The path to which the browser returns after the logout, unless the start has `?returnTo=`.
   *
   * @defaultValue '/'
   * @throws RangeError for a path that leads to another site.
   */
  returnTo?: string

  /**
   * The path of the back-channel logout URI registered at the provider, to which it sends logout tokens.
   *
   * @defaultValue none: no such route
   */
  backchannelPath?: string

  /**
   * The path of the front-channel logout URI registered at the provider, which it loads in a frame with `iss` and `sid`.
   * It ends only what that session at the provider began.
   *
   * @defaultValue none: no such route
   */
  frontchannelPath?: string

  /**
   * The `typ` header of the provider's logout tokens. `JWT` is for providers that have not adopted `logout+jwt`, and
   * accepts tokens without a type too.
   *
   * @defaultValue 'logout+jwt'
   */
  tokenType?: 'logout+jwt' | 'JWT'
}

export interface ResolvedLogout {
  /** `undefined`: the default, with sessions. */
  readonly path: string | false | undefined
  readonly callback: URL | undefined
  readonly returnTo: string
  readonly backchannelPath: string | undefined
  readonly frontchannelPath: string | undefined
  readonly tokenType: 'logout+jwt' | 'JWT'
}

export const logoutDefaults = {
  returnTo: '/',
  tokenType: 'logout+jwt'
} as const satisfies LogoutOptions

const names = Object.keys({
  ...logoutDefaults,
  path: true,
  callbackUrl: true,
  backchannelPath: true,
  frontchannelPath: true
} satisfies Record<keyof LogoutOptions, unknown>)

export function resolveLogout(option: string, options: LogoutOptions): ResolvedLogout {
  check.object(option, options, 'an object or false')
  check.keys(option, options, names)
  const { path, callbackUrl, returnTo = logoutDefaults.returnTo } = options
  const pathOf = (name: 'backchannelPath' | 'frontchannelPath'): string | undefined =>
    options[name] === undefined ? undefined : routePath(`${option}.${name}`, options[name])
  if (!isLocalPath(returnTo)) check.fail(`${option}.returnTo`, 'a path of this service', returnTo)
  return {
    path: path === undefined || path === false ? path : routePath(`${option}.path`, path),
    callback: callbackUrl === undefined ? undefined : safeUrl(`${option}.callbackUrl`, callbackUrl),
    returnTo,
    backchannelPath: pathOf('backchannelPath'),
    frontchannelPath: pathOf('frontchannelPath'),
    tokenType: check.oneOf(`${option}.tokenType`, options.tokenType ?? logoutDefaults.tokenType, [
      'logout+jwt',
      'JWT'
    ])
  }
}

const routePath = (option: string, path: string): string =>
  isLocalPath(path) && !/[?#]/.test(path) ? path : check.fail(option, 'a path of this service', path)
