import type { ServerResponse } from 'node:http'
import type { HeaderBlock } from './header-block.ts'
import type { HeaderBlocks, SlotSymbol } from './symbols.ts'
import { blockForType } from './block-for-type.ts'
import { addsToVary, textOf, writtenHeader } from './written-headers.ts'

/** The members of a reply that are used: while the server closes, there is only a response. */
export interface ReplyLike {
  readonly raw: ServerResponse
  hasHeader(name: string): boolean
}

type Response = ServerResponse & HeaderBlocks
type Write = (this: Response, status: number, ...others: unknown[]) => Response

/** Sets single headers, for responses that are not Node's HTTP/1: HTTP/2, `inject`, a class of the app. */
export function setEach(reply: ReplyLike, symbol: SlotSymbol, block: HeaderBlock | undefined): void {
  const raw = reply.raw as Response
  for (const [name, value] of raw[symbol]?.values ?? []) {
    if (raw.getHeader(name) === value) raw.removeHeader(name)
  }
  raw[symbol] = block
  for (const [name, value] of block?.values ?? []) if (!reply.hasHeader(name)) raw.setHeader(name, value)
  if (block?.page !== undefined || block?.names.has('vary') === true) decideWhenWritten(raw, symbol)
}

/** Lets the content type and the `Vary` of the route take effect, which are known only when the head is written. */
function decideWhenWritten(raw: Response, symbol: SlotSymbol): void {
  const write = raw.writeHead as Write
  const writeHead: Write = function (status, ...others) {
    const at = typeof others[0] === 'string' ? 1 : 0
    const block = this[symbol]
    this[symbol] = undefined
    if (block !== undefined && !this.headersSent) others[at] = finish(this, status, block, others[at])
    return write.call(this, status, ...others)
  }
  raw.writeHead = writeHead
}

/** The headers to write with those that are set. */
function finish(raw: Response, status: number, block: HeaderBlock, headers: unknown): unknown {
  const type = writtenHeader(headers, 'content-type') ?? raw.getHeader('content-type')
  const chosen = blockForType(block, status, { 'content-type': type })
  if (chosen !== block) {
    for (const [name, value] of block.values) {
      if (raw.getHeader(name) === value && !chosen.values.has(name)) raw.removeHeader(name)
    }
    for (const [name, value] of chosen.values) {
      const before = raw.getHeader(name)
      // A header that the app has set or removed stays so.
      if (before === block.values.get(name)) raw.setHeader(name, value)
    }
  }
  const vary = block.values.get('vary')
  const written = writtenHeader(headers, 'vary')
  if (vary === undefined || written === undefined || !addsToVary('vary', headers)) return headers
  return { ...(headers as object), vary: `${textOf(written)}, ${vary}` }
}
