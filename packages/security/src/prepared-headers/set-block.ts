import type { FastifyReply } from 'fastify'
import type { Block } from './header-block.ts'
import { sendAsLines, writesLines } from './raw-writer.ts'
import { sendAsPairs } from './documented-writer.ts'
import { isShown, show } from './header-accessors.ts'
import { native, slots, type Blocks, type BlockResponse, type Slot, type SlotKey } from './symbols.ts'

/** What is needed of a reply: while closing there is only a response. */
type Answer = Pick<FastifyReply, 'raw' | 'hasHeader'>

/** Gives an answer a block instead of the one in that slot. What the app has set itself stays. */
export type Carry = (reply: Answer, block: Block | undefined) => void

/** Bound once at the start. */
export function carrier(slot: Slot): Carry {
  const key = slots[slot]
  const send = writesLines() ? sendAsLines : sendAsPairs
  return (reply, block) => {
    const raw = reply.raw as BlockResponse
    if (!isShown(raw)) {
      if (!isPlain(raw)) return carryEach(reply, key, block)
      show(raw)
      send(raw)
    }
    raw[key] = block
  }
}

/** What an answer carries in a slot. */
export const carried = ({ raw }: FastifyReply, slot: Slot): Block | undefined => (raw as Blocks)[slots[slot]]

/** One of Node's HTTP/1 responses, whose head nobody else writes. */
const isPlain = (raw: BlockResponse): boolean =>
  Object.getPrototypeOf(raw) === native &&
  raw._storeHeader === native._storeHeader &&
  raw.writeHead === native.writeHead

/** Where the response is none of Node's plain ones: HTTP/2, `inject`, somebody's own class. */
function carryEach(reply: Answer, key: SlotKey, block: Block | undefined) {
  const raw = reply.raw as FastifyReply['raw'] & Blocks
  for (const [name, value] of raw[key]?.values ?? []) {
    if (raw.getHeader(name) === value) raw.removeHeader(name)
  }
  raw[key] = block
  for (const [name, value] of block?.values ?? []) if (!reply.hasHeader(name)) raw.setHeader(name, value)
}
