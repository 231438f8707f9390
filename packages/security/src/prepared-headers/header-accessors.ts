import type { OutgoingHttpHeaders } from 'node:http'
import { native, slotKeys, type BlockResponse, type SlotKey } from './symbols.ts'

/** To who reads, changes or removes headers, those of a block are headers like others. */
const methods = {
  getHeader(this: BlockResponse, name: string): number | string | string[] | undefined {
    const single = native.getHeader.call(this, name)
    if (single !== undefined) return single
    const key = holderOf(this, name)
    return key === undefined ? undefined : this[key]?.values.get(name.toLowerCase())
  },
  hasHeader(this: BlockResponse, name: string): boolean {
    return native.hasHeader.call(this, name) || holderOf(this, name) !== undefined
  },
  getHeaders(this: BlockResponse): OutgoingHttpHeaders {
    const carried = slotKeys.flatMap((key) => [...(this[key]?.values ?? [])])
    return Object.assign(Object.create(null), Object.fromEntries(carried), native.getHeaders.call(this))
  },
  getHeaderNames(this: BlockResponse): string[] {
    return Object.keys(this.getHeaders())
  },
  appendHeader(this: BlockResponse, name: string, value: string | readonly string[]): BlockResponse {
    const key = holderOf(this, name)
    if (key !== undefined) loosen(this, key)
    return native.appendHeader.call(this, name, value) as BlockResponse
  },
  removeHeader(this: BlockResponse, name: string): void {
    const key = holderOf(this, name)
    if (key !== undefined) loosen(this, key)
    native.removeHeader.call(this, name)
  }
}

/** On the response itself: another prototype would cost more than all that is saved. */
export function show(response: BlockResponse): void {
  response.getHeader = methods.getHeader
  response.hasHeader = methods.hasHeader
  response.getHeaders = methods.getHeaders
  response.getHeaderNames = methods.getHeaderNames
  response.appendHeader = methods.appendHeader
  response.removeHeader = methods.removeHeader
}

export const isShown = (response: BlockResponse): boolean => response.getHeader === methods.getHeader

function holderOf(response: BlockResponse, name: string): SlotKey | undefined {
  const small = name.toLowerCase()
  for (const key of slotKeys) {
    const block = response[key]
    // What is said of limits may be less than could be: its names are those of all.
    if (block?.names.has(small) === true && block.values.has(small)) return key
  }
  return undefined
}

/** One of a block is to be changed: from here on they are single headers. What was said one by one stays. */
export function loosen(response: BlockResponse, key: SlotKey): void {
  const block = response[key]
  response[key] = undefined
  for (const [name, value] of block?.values ?? [])
    if (!response.hasHeader(name)) response.setHeader(name, value)
}
