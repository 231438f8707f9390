import type { OutgoingHttpHeaders } from 'node:http'
import { nativeResponse } from '../internals.ts'
import { omitHeader } from './header-block.ts'
import { allSlotSymbols, type PreparedResponse, type SlotSymbol } from './symbols.ts'

/** Methods of a response that treat the headers of its blocks as headers like others. */
const accessors = {
  getHeader(this: PreparedResponse, name: string): number | string | string[] | undefined {
    const single = nativeResponse.getHeader.call(this, name)
    if (single !== undefined) return single
    const slot = slotOf(this, name)
    return slot === undefined ? undefined : this[slot]?.values.get(name.toLowerCase())
  },
  hasHeader(this: PreparedResponse, name: string): boolean {
    return nativeResponse.hasHeader.call(this, name) || slotOf(this, name) !== undefined
  },
  getHeaders(this: PreparedResponse): OutgoingHttpHeaders {
    const prepared = allSlotSymbols.flatMap((slot) => [...(this[slot]?.values ?? [])])
    const single = nativeResponse.getHeaders.call(this)
    return Object.assign(Object.create(null), Object.fromEntries(prepared), single)
  },
  getHeaderNames(this: PreparedResponse): string[] {
    return Object.keys(this.getHeaders())
  },
  appendHeader(this: PreparedResponse, name: string, value: string | readonly string[]): PreparedResponse {
    const slot = slotOf(this, name)
    if (slot !== undefined) materialize(this, slot)
    return nativeResponse.appendHeader.call(this, name, value) as PreparedResponse
  },
  removeHeader(this: PreparedResponse, name: string): void {
    const slot = slotOf(this, name)
    const block = slot && this[slot]
    // The content type, which decides between two blocks, may not be known yet.
    if (block?.page !== undefined) this[slot!] = omitHeader(block, name.toLowerCase())
    else if (slot !== undefined) materialize(this, slot)
    nativeResponse.removeHeader.call(this, name)
  }
}

/** Installs the methods on the response itself: another prototype would cost more than prepared headers save. */
export function installHeaderAccessors(response: PreparedResponse): void {
  response.getHeader = accessors.getHeader
  response.hasHeader = accessors.hasHeader
  response.getHeaders = accessors.getHeaders
  response.getHeaderNames = accessors.getHeaderNames
  response.appendHeader = accessors.appendHeader
  response.removeHeader = accessors.removeHeader
}

export const hasHeaderAccessors = (response: PreparedResponse): boolean =>
  response.getHeader === accessors.getHeader

/** The slot whose block has a header of this name. */
function slotOf(response: PreparedResponse, name: string): SlotSymbol | undefined {
  const lowerCase = name.toLowerCase()
  for (const slot of allSlotSymbols) {
    const block = response[slot]
    // The block of limits may have fewer headers than names.
    if (block?.names.has(lowerCase) === true && block.values.has(lowerCase)) return slot
  }
  return undefined
}

/** Turns a block into single headers, because one of them changes. Headers that are set already stay. */
export function materialize(response: PreparedResponse, slot: SlotSymbol): void {
  const block = response[slot]
  response[slot] = undefined
  for (const [name, value] of block?.values ?? [])
    if (!response.hasHeader(name)) response.setHeader(name, value)
}
