import { unmapped } from '@seaworthy/contract'
import { isIPv6 } from 'node:net'

/** Who comes over a Unix socket has no address, nor has who resets a connection before the request is looked at. */
export const noAddress = 'no address'

/**
 * The form of an address under which its owner is counted: IPv4 as it is, IPv6 by network, because one customer has
 * a whole `/64` to choose addresses from. IPv4 mapped into IPv6 is IPv4.
 *
 * @param subnet - Bits of an IPv6 address that count, 64 by default.
 */
export function normalizeIP(ip: string, subnet = 64): string {
  if ((ip as string | undefined) === undefined) return noAddress
  if (!ip.includes(':')) return ip.toLowerCase()

  const zone = ip.indexOf('%')
  const address = (zone === -1 ? ip : ip.slice(0, zone)).toLowerCase()
  if (!isIPv6(address)) return address

  const dotted = unmapped(address)
  if (dotted !== address) return dotted

  const groups = groupsOf(address)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  }
  return shortest(groups.map((group, index) => group & mask(subnet - index * 16)))
}

const mask = (bits: number): number =>
  bits >= 16 ? 0xffff : bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff

function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const front = parts(head)
  if (tail === undefined) return front
  const back = parts(tail)
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
}

function parts(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

/** RFC 5952: the longest run of zeros, of two at least, becomes `::`. */
function shortest(groups: number[]): string {
  const runs = groups.map((_, start) => {
    const end = groups.findIndex((group, index) => index >= start && group !== 0)
    return (end === -1 ? groups.length : end) - start
  })
  const length = Math.max(...runs)
  const hex = (list: number[]) => list.map((group) => group.toString(16)).join(':')
  if (length < 2) return hex(groups)
  const start = runs.indexOf(length)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}
