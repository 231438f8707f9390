import type { ServerOptions } from 'node:https'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Secret } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import { resolveGuard, type Guard } from './guard.ts'

/**
 * The listener for operators.
 *
 * @example
 * const management: ManagementOptions = { port: 9000, host: '0.0.0.0', token: process.env['MANAGEMENT_TOKEN'] }
 * await app.register(observability, { management })
 */
export interface ManagementOptions {
  /**
   * The port to listen on, 0 (any free one) to 65535.
   *
   * @defaultValue none: it is required
   * @throws RangeError for a number outside that range.
   */
  port: number

  /**
   * The address to listen on. One that is not loopback needs `token` or `allow`.
   *
   * @defaultValue '127.0.0.1'
   * @throws RangeError for another address without `token` and `allow`.
   */
  host?: string | undefined

  /**
   * The token that requests must have as `Authorization: Bearer …`, or as the password of Basic authentication, for which
   * a browser asks. At least 16 characters.
   *
   * @defaultValue none: no token is needed
   * @throws RangeError for a shorter one.
   */
  token?: string | Secret | undefined

  /**
   * The addresses that may connect: IP addresses or CIDR ranges. With a `token`, both must match.
   *
   * @defaultValue none: every address may connect
   * @throws RangeError for an entry that is neither an address nor a range.
   */
  allow?: readonly string[] | undefined

  /**
   * Further names of this host in addresses, for a listener without `token`. IP addresses, `localhost`, names without a
   * dot and those of private networks are always accepted; other names get 421, because a page of another site could
   * have let a name of its own point here.
   *
   * @defaultValue []
   * @throws RangeError for an entry that is no name of a host.
   */
  hosts?: readonly string[] | undefined

  /**
   * Has the listener speak HTTPS: options of Node's `https.createServer`, such as `key` and `cert`. With `ca` and
   * `requestCert: true` only clients with a certificate of that authority may connect.
   *
   * @defaultValue none: HTTP
   * @throws RangeError for a key or certificate that cannot be used.
   */
  tls?: ServerOptions | undefined

  /**
   * Whether the listener only shows. Requests that would change something get 403.
   *
   * @defaultValue false
   */
  readOnly?: boolean | undefined

  /**
   * Whether operators may begin the shutdown of the service.
   *
   * @defaultValue false
   */
  allowShutdown?: boolean | undefined

  /**
   * Whether the page lists the last fifty failed or slow requests: route, status, duration, ids and the error's name,
   * nothing that a client has sent.
   *
   * @defaultValue true
   */
  recentRequests?: boolean | undefined
}

const names = optionNames<ManagementOptions>({
  port: true,
  host: true,
  token: true,
  allow: true,
  hosts: true,
  tls: true,
  readOnly: true,
  allowShutdown: true,
  recentRequests: true
})

export const managementDefaults: Defaults<ManagementOptions, 'port' | 'token' | 'allow' | 'tls'> = {
  host: '127.0.0.1',
  hosts: [],
  readOnly: false,
  allowShutdown: false,
  recentRequests: true
}

export interface ResolvedManagement {
  port: number
  host: string
  guard: Guard
  hasToken: boolean
  hosts: ReadonlySet<string>
  tls: ServerOptions | undefined
  readOnly: boolean
  allowShutdown: boolean
  recentRequests: boolean
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveManagement(options: ManagementOptions): ResolvedManagement {
  assertOptionsObject('management', options)
  check.keys('management', options, names)
  const host = check.string('management.host', options.host ?? managementDefaults.host)

  if (!isLoopback(host) && options.token === undefined && options.allow === undefined) {
    const rule = 'a loopback address unless "management.token" or "management.allow" is set'
    check.fail('management.host', rule, host)
  }
  return {
    port: check.integer('management.port', options.port, { min: 0, max: 65_535 }),
    host,
    guard: resolveGuard('management', options, { basic: true }),
    hasToken: options.token !== undefined,
    hosts: resolveHosts(options.hosts ?? managementDefaults.hosts),
    tls: options.tls === undefined ? undefined : resolveTls(options.tls),
    readOnly: check.boolean('management.readOnly', options.readOnly ?? managementDefaults.readOnly),
    allowShutdown: check.boolean(
      'management.allowShutdown',
      options.allowShutdown ?? managementDefaults.allowShutdown
    ),
    recentRequests: check.boolean(
      'management.recentRequests',
      options.recentRequests ?? managementDefaults.recentRequests
    )
  }
}

function resolveHosts(hosts: unknown): ReadonlySet<string> {
  const isName = (host: unknown): host is string => typeof host === 'string' && /^[\w.-]+$/.test(host)
  if (!Array.isArray(hosts) || !hosts.every(isName)) {
    return check.fail('management.hosts', 'a list of names of hosts, without ports', hosts)
  }
  return new Set(hosts.map((host) => host.toLowerCase()))
}

/** The values are not shown, because there is a key among them. */
function resolveTls(tls: ServerOptions): ServerOptions {
  assertOptionsObject('management.tls', tls)
  const names = Object.keys(tls).join(', ') || 'no option'
  const hasCertificate = (tls.key !== undefined && tls.cert !== undefined) || tls.pfx !== undefined
  if (!hasCertificate && tls.SNICallback === undefined) {
    check.failWith('management.tls', 'an object with "key" and "cert", "pfx" or "SNICallback"', names)
  }
  try {
    createSecureContext(tls)
  } catch (error) {
    const { message } = error as Error
    check.failWith('management.tls', `a key and a certificate that can be used (${message})`, names)
  }
  return tls
}
