import { BlockList, isIP } from 'node:net'

/** Whether an address is in the list. IPv4 mapped into IPv6 counts as IPv4. */
export type AddressList = (address: string) => boolean

/** `::ffff:10.0.0.1` is `10.0.0.1`; anything else stays. */
export const unmapped = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address

/**
 * Compiles addresses and CIDR ranges (`10.0.0.0/8`, `fd00::/8`, `192.0.2.1`).
 *
 * @throws RangeError naming the entry that is neither.
 */
export function addressList(option: string, entries: readonly string[]): AddressList {
  const list = new BlockList()
  for (const entry of entries) addEntry(list, option, entry)

  return (address) => {
    const plain = unmapped(address)
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function addEntry(list: BlockList, option: string, entry: string): void {
  const [address = '', prefix, ...rest] = entry.split('/')
  const plain = unmapped(address)
  const version = isIP(plain)
  const bits = prefix === undefined ? NaN : Number(prefix)
  const valid =
    version !== 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d+$/.test(prefix) && bits <= (version === 4 ? 32 : 128)))
  if (!valid)
    throw new RangeError(`${option} must list IP addresses or CIDR ranges, got ${JSON.stringify(entry)}`)

  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (prefix === undefined) list.addAddress(plain, family)
  else list.addSubnet(plain, bits, family)
}
