import { addressList } from '@seaworthy/internal'
import { check } from './option-checks.ts'

/**
 * Whether the `X-Forwarded-*` headers of a peer or proxy are trusted, as Fastify's constructor takes it.
 *
 * @example
 * const trusts: TrustsProxy = (address) => address === '10.0.0.1'
 * const app = Fastify({ trustProxy: trusts })
 */
export type TrustsProxy = (address: string, hop: number) => boolean

/** The ranges that Fastify knows by a name. */
const namedRanges: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
}
const isRangeName = (entry: string): boolean => Object.hasOwn(namedRanges, entry)

/** The list of proxies, checked; `false` if there are none. */
export function resolveTrustProxy(value: unknown): string[] | false {
  if (value === undefined || value === false) return false

  const entries: unknown = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value
  if (!Array.isArray(entries) || entries.some((entry) => typeof entry !== 'string' || entry === '')) {
    return check.fail(
      'trustProxy',
      'a list of addresses and CIDR ranges or false (true and hop counts let clients choose their address)',
      value
    )
  }
  const ranges = (entries as string[]).filter((entry) => !isRangeName(entry))
  addressList('security: "trustProxy"', ranges)
  const all = ranges.find((range) => /\/0+$/.test(range))
  if (all !== undefined) check.fail('trustProxy', 'narrower than all addresses', all)
  return entries.length === 0 ? false : (entries as string[])
}

/**
 * Fastify's own list finds no address with a port. Some proxies add one (Azure, IIS): behind two of them the first would
 * be taken for the client, and all clients for one.
 */
export function trustedProxies(proxies: readonly string[]): TrustsProxy {
  const isListed = addressList(
    'security: "trustProxy"',
    proxies.flatMap((entry) => (isRangeName(entry) ? namedRanges[entry]! : [entry]))
  )
  // Over a Unix socket there is no address.
  return (address: string | undefined) => address !== undefined && isListed(address)
}
