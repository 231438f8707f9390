import { isIP } from 'node:net'
import { reveal, type Secret } from '@seaworthy/internal'
import { check, section } from '../check.ts'
import { resolveGuard, type Guard } from './guard.ts'

/** The operators' listener. */
export interface ManagementOptions {
  /** The port to listen on, from 0 (any free one) to 65535. */
  port: number

  /**
   * The address to listen on. One that is not loopback needs `token` or `allow`.
   *
   * @defaultValue '127.0.0.1'
   */
  host?: string | undefined

  /** Asked for as `Authorization: Bearer …`. At least 16 characters. */
  token?: string | Secret | undefined

  /** Who may connect: IP addresses or CIDR ranges. With a token too, both must be right. */
  allow?: readonly string[] | undefined
}

export interface ResolvedManagement {
  port: number
  host: string
  guard: Guard
}

const loopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

export function resolveManagement(options: ManagementOptions): ResolvedManagement {
  section('management', options)
  check.keys('management', options, ['port', 'host', 'token', 'allow'])
  const { port, host = '127.0.0.1', token, allow } = options

  check.string('management.host', host)
  if (!loopback(host) && token === undefined && allow === undefined) {
    check.fail(
      'management.host',
      'a loopback address unless "management.token" or "management.allow" is given',
      host
    )
  }
  return {
    port: check.integer('management.port', port, { min: 0, max: 65_535 }),
    host,
    guard: resolveGuard('management', token === undefined ? undefined : reveal(token), allow)
  }
}
