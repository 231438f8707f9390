import { omitUndefined, optionNames, withoutRegisterOptions } from '@seaworthy/internal'
import { modes, type Mode } from '../mode.ts'
import { check } from '../option-checks.ts'
import type { HelmetHeaders, PolicyOptions, PolicyValues } from './helmet-types.ts'
import { withoutEnforcedHeaders, profiles, type FixedProfile, type Profile } from './profiles.ts'

/**
 * The route option `helmet`. It fits the one that `@fastify/helmet` declares.
 *
 * @example
 * const helmet: HelmetRouteOption = { frameguard: false }
 * app.get('/widget', { helmet }, async () => 'may be framed')
 */
export type HelmetRouteOption =
  | (Omit<HelmetHeaders, 'contentSecurityPolicy'> &
      Omit<RouteHeadersOptions, 'enableCSPNonces'> & {
        contentSecurityPolicy?: PolicyOptions<PolicyValues> | boolean
        enableCSPNonces?: boolean
        skipRoute?: boolean
      })
  | false

/**
 * Options of the headers of one route, beside helmet's.
 *
 * @example
 * const options: RouteHeadersOptions = { profile: 'api', cacheControl: 'public, max-age=300' }
 * await app.register(headers, options)
 */
export interface RouteHeadersOptions {
  /**
   * The defaults under helmet's options. `'auto'`: `'html'` for pages and scripts, by the content type of each response,
   * and `'api'` for all others. `'api'`: nothing may be loaded or framed, nothing is cached. `'html'`: resources of the
   * same origin only, no inline code. `'helmet'`: exactly the headers of `@fastify/helmet`.
   *
   * @defaultValue 'auto'
   */
  profile?: Profile | undefined
  /**
   * Adds a nonce per request to `script-src` and `style-src` of the policy: `reply.cspNonce.script` and `.style`.
   *
   * @defaultValue false
   */
  enableCSPNonces?: boolean | undefined
  /**
   * The `Permissions-Policy` header. `false` leaves it out.
   *
   * @defaultValue the profile's: no access to camera, microphone, location and the like in `'api'` and `'html'`
   */
  permissionsPolicy?: string | false | undefined
  /**
   * The `Cache-Control` header of routes that set none. `false` leaves it out.
   *
   * @defaultValue the profile's: `'no-store'` in `'api'`
   */
  cacheControl?: string | false | undefined
  /**
   * Whether browsers enforce the headers. `'observe'` sends the policy as `Content-Security-Policy-Report-Only`, and of
   * the profile's other headers only those that break no page: no HSTS, framing, cross-origin or cache rules.
   *
   * @defaultValue 'enforce'
   */
  mode?: Mode | undefined
}

/** Options of `headers` beside helmet's. */
export interface OwnHeadersOptions extends RouteHeadersOptions {
  /**
   * Whether every response carries the headers. `false`: only those of routes with `config.headers`.
   *
   * @defaultValue true
   */
  global?: boolean | undefined
}

/**
 * Options of `headers`: all of helmet's, and those of this package.
 *
 * @example
 * const options: HeadersOptions = { profile: 'html', enableCSPNonces: true }
 * await app.register(headers, options)
 */
export type HeadersOptions = OwnHeadersOptions & HelmetHeaders

/** The options on top of their profile. */
export interface ResolvedHeaders {
  /** Options for helmet: of the profile and the plugin. */
  plugin: HelmetHeaders
  /** Options for helmet: of a route. */
  route: HelmetHeaders
  nonces: boolean
  /** Headers that helmet does not have. */
  extra: Record<string, string>
}

/** The defaults that do not depend on the profile. */
export const headersDefaults = {
  profile: 'auto',
  enableCSPNonces: false,
  global: true,
  mode: 'enforce'
} as const

const ownNames = optionNames<OwnHeadersOptions & { skipRoute: boolean }>({
  profile: true,
  enableCSPNonces: true,
  permissionsPolicy: true,
  cacheControl: true,
  mode: true,
  global: true,
  skipRoute: true
})

const helmetNames = optionNames<HelmetHeaders>({
  contentSecurityPolicy: true,
  crossOriginEmbedderPolicy: true,
  crossOriginOpenerPolicy: true,
  crossOriginResourcePolicy: true,
  originAgentCluster: true,
  referrerPolicy: true,
  strictTransportSecurity: true,
  hsts: true,
  xContentTypeOptions: true,
  noSniff: true,
  xDnsPrefetchControl: true,
  dnsPrefetchControl: true,
  xDownloadOptions: true,
  ieNoOpen: true,
  xFrameOptions: true,
  frameguard: true,
  xPermittedCrossDomainPolicies: true,
  permittedCrossDomainPolicies: true,
  xPoweredBy: true,
  hidePoweredBy: true,
  xXssProtection: true,
  xssFilter: true
})

const profileNames = Object.keys(profiles) as FixedProfile[]

/** Older names of options that a profile sets under their newer names. An older name replaces the profile's option. */
const aliases: Record<string, string> = { hsts: 'strictTransportSecurity', frameguard: 'xFrameOptions' }

/**
 * Puts the options on top of their profile.
 *
 * @param option - The place of the options, for messages: `headers of /orders`.
 * @param routeOptions - The options of a route, on top of the plugin's.
 * @param forPage - Whether `'auto'` means the headers of a page.
 */
export function resolveHeaders(
  option: string,
  options: HeadersOptions,
  routeOptions: HeadersOptions,
  forPage: boolean
): ResolvedHeaders {
  const ofPlugin = presentOptions(option, options)
  const ofRoute = presentOptions(option, routeOptions)
  const all = { ...headersDefaults, ...ofPlugin, ...ofRoute }
  const observe = check.oneOf(`${option}.mode`, all.mode, modes) === 'observe'
  const name = check.oneOf<Profile>(`${option}.profile`, all.profile, ['auto', ...profileNames])
  const chosen = profiles[name === 'auto' ? (forPage ? 'html' : 'api') : name]
  const base = observe ? withoutEnforcedHeaders(chosen) : chosen
  const extra = {
    'permissions-policy': headerText(
      `${option}.permissionsPolicy`,
      all.permissionsPolicy ?? base.permissionsPolicy
    ),
    'cache-control': headerText(`${option}.cacheControl`, all.cacheControl ?? base.cacheControl)
  }
  const fromProfile: HelmetHeaders = { ...base.helmet }
  for (const [alias, replaced] of Object.entries(aliases)) {
    if (alias in all) delete fromProfile[replaced as keyof HelmetHeaders]
  }
  const plugin = { ...fromProfile, ...helmetOptions(ofPlugin) }
  const route = helmetOptions(ofRoute)
  return {
    plugin: observe ? reportOnly(plugin) : plugin,
    route: observe && 'contentSecurityPolicy' in route ? reportOnly(route) : route,
    nonces: check.boolean(`${option}.enableCSPNonces`, all.enableCSPNonces),
    extra: Object.fromEntries(Object.entries(extra).filter((entry): entry is [string, string] => !!entry[1]))
  }
}

function presentOptions(option: string, options: HeadersOptions): HeadersOptions {
  check.object(option, options, 'an object or false')
  const present = withoutRegisterOptions(omitUndefined(options))
  check.keys(option, present, [...ownNames, ...helmetNames])
  return present
}

/** The options that are helmet's. */
const helmetOptions = (options: HeadersOptions): HelmetHeaders =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !ownNames.includes(name)))

/** The policy in its form that browsers only report. */
function reportOnly({ contentSecurityPolicy: policy, ...others }: HelmetHeaders): HelmetHeaders {
  if (policy === false) return { ...others, contentSecurityPolicy: false }
  const options: PolicyOptions<PolicyValues | symbol> = typeof policy === 'object' ? policy : {}
  return { ...others, contentSecurityPolicy: { ...options, reportOnly: true } }
}

/** A text that no header can have would fail every response instead of the start. */
function headerText(option: string, value: string | false): string | false {
  if (value === false) return false
  return typeof value === 'string' && /^[\t\x20-\x7e]+$/.test(value)
    ? value
    : check.fail(option, 'a header value of ASCII characters or false', value)
}
