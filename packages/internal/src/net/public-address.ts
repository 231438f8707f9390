import { parseAddress } from './address.ts'

/**
 * Whether an address is one of the public internet: not of a private network, this machine, a cloud's metadata service,
 * multicast, a reserved range, or an IPv6 range that carries an IPv4 address. A text that is no address is not.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text)
  if (address === undefined || address.range() !== 'unicast') return false
  if (address.kind() === 'ipv4') return !isBenchmark(address.toByteArray())
  // Only 2000::/3 is assigned: the rest holds deprecated forms such as `::127.0.0.1` and `fec0::1`.
  const [first = 0] = address.toByteArray()
  return first >= 0x20 && first <= 0x3f
}

/** 198.18.0.0/15, which older releases of ipaddr.js call unicast. */
const isBenchmark = ([first, second]: number[]): boolean => first === 198 && (second === 18 || second === 19)
