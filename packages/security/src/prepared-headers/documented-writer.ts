import { saidIn } from './header-block.ts'
import { loosen } from './header-accessors.ts'
import { native, slotKeys, type BlockResponse } from './symbols.ts'

/**
 * The documented way, for a Node that does not write lines as expected: names and values in one list. Node checks each
 * again, but nobody has to keep them until then.
 */
function writeHead(this: BlockResponse, status: number, reason?: unknown, headers?: unknown): BlockResponse {
  if (typeof reason === 'string') this.statusMessage = reason
  const given = typeof reason === 'string' ? headers : (headers ?? reason)
  const list = listOf(given)
  // Node joins a list with headers that were set before: then all are set.
  if (native.getHeaderNames.call(this).length > 0) {
    for (const key of slotKeys) loosen(this, key)
    return native.writeHead.call(this, status, list as never) as BlockResponse
  }
  const all: unknown[] = []
  for (const key of slotKeys) {
    const block = this[key]
    if (block === undefined) continue
    const said = saidIn(block, given)
    for (const [name, value] of block.values) if (said?.has(name) !== true) all.push(name, value)
  }
  for (const each of list) all.push(each)
  return native.writeHead.call(this, status, all as never) as BlockResponse
}

/** Names and values in turns, of any of the shapes that Node takes. */
function listOf(headers: unknown): unknown[] {
  if (Array.isArray(headers)) return Array.isArray(headers[0]) ? headers.flat(1) : headers
  const list: unknown[] = []
  for (const name in headers as object) list.push(name, (headers as Record<string, unknown>)[name])
  return list
}

export function sendAsPairs(response: BlockResponse): void {
  response.writeHead = writeHead
}
