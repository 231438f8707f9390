import { scrub } from '../scrub/load.cjs'
import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { invalidOption } from '../options/invalid-option.ts'

/** A request without an address: it came over a Unix socket, or its connection was reset before it was read. */
export const noAddress = 'no address'

/**
 * The address in a text as proxies and sockets write it: with a port (`192.0.2.1:443`, `[2001:db8::1]:443`), in
 * brackets, in quotes, with a zone (`fe80::1%eth0`), or IPv4 mapped into IPv6 (`::ffff:192.0.2.1`). `undefined` if
 * there is none.
 */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const trimmed = text.trim().replace(/^"(.*)"$/, '$1')
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(trimmed) ?? []
  const [, withPort] = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(trimmed) ?? []
  const plain = bracketed ?? withPort ?? trimmed
  const zone = plain.indexOf('%')
  const address = zone === -1 ? plain : plain.slice(0, zone)
  return isIP(address) === 0 ? undefined : ipaddr.process(address)
}

/**
 * The form of an address under which its owner is counted: IPv4 as it is, IPv6 by its network, because one customer
 * has a whole `/64` to choose addresses from. A text that is no address stays as it is, in lower case.
 *
 * @example
 * console.log(normalizeIP('2001:db8::1')) // 2001:db8::/64 counts as one client
 * @param prefix - Bits of an IPv6 address that count, 0 to 128.
 */
export function clientNetwork(ip: string | undefined, prefix = 64): string {
  if (ip === undefined) return noAddress
  if (!ip.includes(':')) return ip.toLowerCase()
  const address = parseAddress(ip)
  if (address === undefined) return ip.toLowerCase()
  if (address.kind() === 'ipv4') return address.toString()

  const parts = (address as ipaddr.IPv6).parts.map((part, index) => part & mask(prefix - index * 16))
  return new ipaddr.IPv6(parts).toRFC5952String()
}

/** The bits of one 16-bit part that belong to the network. */
const mask = (bits: number): number =>
  bits >= 16 ? 0xffff : bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff

/** Whether an address is in a list. IPv4 mapped into IPv6 counts as IPv4. */
export type AddressList = (address: string) => boolean

/**
 * Compiles addresses and CIDR ranges: `10.0.0.0/8`, `fd00::/8`, `192.0.2.1`.
 *
 * @param option - The option that holds the entries, for the message.
 * @throws RangeError with the code `INVALID_OPTION`, for an entry that is neither.
 */
export function addressList(option: string, entries: readonly string[]): AddressList {
  const list = new BlockList()
  for (const entry of entries) addEntry(list, option, entry)

  return (text) => {
    const address = parseAddress(text)
    return address !== undefined && list.check(address.toString(), address.kind())
  }
}

function addEntry(list: BlockList, option: string, entry: string): void {
  const [text = '', prefix, ...rest] = entry.split('/')
  const address = isIP(text) === 0 ? undefined : ipaddr.process(text)
  const widest = address?.kind() === 'ipv4' ? 32 : 128
  const validPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= widest)
  if (address === undefined || rest.length > 0 || !validPrefix)
    throw invalidOption(
      `${option} must list IP addresses or CIDR ranges, got ${JSON.stringify(scrub().scrubText(entry))}`
    )

  if (prefix === undefined) list.addAddress(address.toString(), address.kind())
  else list.addSubnet(address.toString(), Number(prefix), address.kind())
}
