import { isIP } from 'node:net'
import type { Secret } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import { resolveGuard, type Guard } from './guard.ts'

/** The listener for operators. */
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
   * The token that requests must have as `Authorization: Bearer …`. At least 16 characters.
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
}

const names = optionNames<ManagementOptions>({ port: true, host: true, token: true, allow: true })

export const managementDefaults: Defaults<ManagementOptions, 'port' | 'token' | 'allow'> = {
  host: '127.0.0.1'
}

export interface ResolvedManagement {
  port: number
  host: string
  guard: Guard
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
    guard: resolveGuard('management', options)
  }
}
