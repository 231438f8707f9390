import type { HelmetOptions } from 'helmet'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { withoutRegisterOptions } from '@seaworthy/internal'
import { check, given, section } from '../option-checks.ts'
import { profiles, type Profile } from './profiles.ts'

/** The values of one directive; those that are functions are asked for each request. */
export type PolicyValues = Iterable<string | ((request: IncomingMessage, response: ServerResponse) => string)>

/** A policy: `null` leaves a directive out. */
export type PolicyOptions<Values> = { reportOnly?: boolean } & (
  | { useDefaults?: true; directives?: Record<string, Values | null> }
  | { useDefaults: false; directives: Record<string, Values | null> }
)

/**
 * All of helmet's options. Helmet's own type is a union of the 256 ways to choose between its older and newer names;
 * laid over another of its kind, it would keep a compiler busy for half a minute. Its symbol for a policy without
 * `default-src` is another one in each copy of helmet's declarations, so that any symbol has to do.
 */
export type HelmetHeaders = Omit<HelmetOptions, 'contentSecurityPolicy'> & {
  contentSecurityPolicy?: PolicyOptions<PolicyValues | symbol> | boolean
}

/** What a route says in its option `helmet`. It fits the one that `@fastify/helmet` declares. */
export type HelmetRouteOption =
  | (Omit<HelmetOptions, 'contentSecurityPolicy'> &
      Omit<RouteHeadersOptions, 'enableCSPNonces'> & {
        contentSecurityPolicy?: PolicyOptions<PolicyValues> | boolean
        enableCSPNonces?: boolean
        skipRoute?: boolean
      })
  | false

/** What a route may say about its headers: any of helmet's options, nonces, a profile, own headers. */
export interface RouteHeadersOptions {
  /**
   * The defaults that helmet's options are laid over. `'api'`: nothing may be loaded or framed, nothing cached.
   * `'html'`: own resources only, no inline code. `'helmet'`: exactly what `@fastify/helmet` sends.
   *
   * @defaultValue 'api'
   */
  profile?: Profile | undefined
  /**
   * Adds a nonce per request to the `script-src` and `style-src` of the policy: `reply.cspNonce.script` and `.style`.
   *
   * @defaultValue false
   */
  enableCSPNonces?: boolean | undefined
  /**
   * The `Permissions-Policy` header. `false` leaves it out.
   *
   * @defaultValue of the profile
   */
  permissionsPolicy?: string | false | undefined
  /**
   * The `Cache-Control` header where a route sets none. `false` leaves it out.
   *
   * @defaultValue 'no-store' in the profile `'api'`
   */
  cacheControl?: string | false | undefined
}

/** What is ours among the options of `headers`. Every one may be left out. */
export interface OwnHeadersOptions extends RouteHeadersOptions {
  /**
   * Whether every answer carries the headers. `false`: only routes that ask with `helmet: { … }`.
   *
   * @defaultValue true
   */
  global?: boolean | undefined
}

/** Options of `headers`: all of helmet's, and ours. */
export type HeadersOptions = OwnHeadersOptions & HelmetHeaders

/** The options with their profile laid under them; `helmet` is what helmet itself gets. */
export interface ResolvedHeaders {
  helmet: HelmetHeaders
  nonces: boolean
  extra: Record<string, string>
}

const ownKeys = ['profile', 'enableCSPNonces', 'permissionsPolicy', 'cacheControl', 'global', 'skipRoute']
const helmetKeys = [
  'contentSecurityPolicy',
  'crossOriginEmbedderPolicy',
  'crossOriginOpenerPolicy',
  'crossOriginResourcePolicy',
  'originAgentCluster',
  'referrerPolicy',
  'strictTransportSecurity',
  'hsts',
  'xContentTypeOptions',
  'noSniff',
  'xDnsPrefetchControl',
  'dnsPrefetchControl',
  'xDownloadOptions',
  'ieNoOpen',
  'xFrameOptions',
  'frameguard',
  'xPermittedCrossDomainPolicies',
  'permittedCrossDomainPolicies',
  'xPoweredBy',
  'hidePoweredBy',
  'xXssProtection',
  'xssFilter'
]

/** A newer name and an older one for the same header: giving one replaces a profile's other. */
const aliases: Record<string, string> = { hsts: 'strictTransportSecurity', frameguard: 'xFrameOptions' }

/** Lays the options over their profile. `option` is where they came from, for messages. */
export function resolveHeaders(option: string, options: HeadersOptions): ResolvedHeaders {
  section(option, options)
  const own = withoutRegisterOptions(given(options))
  check.keys(option, own, [...ownKeys, ...helmetKeys])
  const { profile = 'api', enableCSPNonces = false, global: _, ...rest } = own
  const { permissionsPolicy, cacheControl, ...helmet } = rest
  const base = profiles[check.oneOf(`${option}.profile`, profile, Object.keys(profiles) as Profile[])]
  const extra = {
    'permissions-policy': text(`${option}.permissionsPolicy`, permissionsPolicy ?? base.permissionsPolicy),
    'cache-control': text(`${option}.cacheControl`, cacheControl ?? base.cacheControl)
  }
  const under: HelmetHeaders = { ...base.helmet }
  for (const [alias, name] of Object.entries(aliases)) {
    if (alias in helmet) delete under[name as keyof HelmetHeaders]
  }
  return {
    helmet: { ...under, ...helmet },
    nonces: check.boolean(`${option}.enableCSPNonces`, enableCSPNonces),
    extra: Object.fromEntries(Object.entries(extra).filter((entry): entry is [string, string] => !!entry[1]))
  }
}

function text(option: string, value: string | false): string | false {
  if (value === false) return false
  // What cannot be in a header would fail each answer instead of the start.
  return typeof value === 'string' && /^[\t\x20-\x7e]+$/.test(value)
    ? value
    : check.fail(option, 'a header value of ASCII characters or false', value)
}
