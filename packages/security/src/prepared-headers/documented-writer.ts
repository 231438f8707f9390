import { nativeResponse } from '../internals.ts'
import { overridingNames } from './header-block.ts'
import { materialize } from './header-accessors.ts'
import { blockForType } from './block-for-type.ts'
import { addsToVary } from './written-headers.ts'
import { allSlotSymbols, type PreparedResponse } from './symbols.ts'

/**
 * Passes the blocks to Node's `writeHead` as one list of names and values: the documented way, for a Node whose head
 * writer cannot be replaced. Node checks each header again.
 */
function writeHead(
  this: PreparedResponse,
  status: number,
  reasonOrHeaders?: unknown,
  headersAfterReason?: unknown
): PreparedResponse {
  const hasReason = typeof reasonOrHeaders === 'string'
  if (hasReason) this.statusMessage = reasonOrHeaders
  const headers = hasReason ? headersAfterReason : (headersAfterReason ?? reasonOrHeaders)
  const list = toFlatList(headers)
  // Node merges a list with the headers that are set: then all must be set.
  if (nativeResponse.getHeaderNames.call(this).length > 0) {
    for (const slot of allSlotSymbols) materialize(this, slot)
    return nativeResponse.writeHead.call(this, status, list as never) as PreparedResponse
  }
  const all: unknown[] = []
  for (const slot of allSlotSymbols) {
    const present = this[slot]
    if (present === undefined) continue
    const block = blockForType(present, status, headers)
    const overriding = overridingNames(block, headers)
    for (const [name, value] of block.values) {
      if (overriding?.has(name) !== true || addsToVary(name, headers)) all.push(name, value)
    }
  }
  for (const entry of list) all.push(entry)
  return nativeResponse.writeHead.call(this, status, all as never) as PreparedResponse
}

/** Names and values in turns, from any of the forms that Node takes. */
function toFlatList(headers: unknown): unknown[] {
  if (Array.isArray(headers)) return Array.isArray(headers[0]) ? headers.flat(1) : headers
  const list: unknown[] = []
  for (const name in headers as object) list.push(name, (headers as Record<string, unknown>)[name])
  return list
}

/** Makes the response send its blocks through `writeHead`. */
export function useDocumentedWriter(response: PreparedResponse): void {
  response.writeHead = writeHead
}
