import type { FastifyInstance, FastifyReply } from 'fastify'
import { canReplaceHeadWriter, nativeResponse } from '../internals.ts'
import { useDocumentedWriter } from './documented-writer.ts'
import { hasHeaderAccessors, installHeaderAccessors } from './header-accessors.ts'
import type { HeaderBlock } from './header-block.ts'
import { useRawWriter } from './raw-writer.ts'
import { setEach, type ReplyLike } from './single-headers.ts'
import { slotSymbols, type HeaderBlocks, type HeaderSlot, type PreparedResponse } from './symbols.ts'

/** Replaces the block of a slot on a response. Headers that the app sets override it. */
export type SetHeaderBlock = (reply: ReplyLike, block: HeaderBlock | undefined) => void

/** Servers whose log has the line about the slower writer. */
const reported = new WeakSet<object>()

/** Binds the writing of one slot, once at the start. */
export function bindHeaderSlot(fastify: FastifyInstance, slot: HeaderSlot): SetHeaderBlock {
  const symbol = slotSymbols[slot]
  const useWriter = canReplaceHeadWriter() ? useRawWriter : useDocumentedWriter
  if (useWriter === useDocumentedWriter && !reported.has(fastify.server)) {
    reported.add(fastify.server)
    fastify.log.info(
      'security: this runtime does not let prepared headers be written at once; sending them through writeHead(), which is slower; nothing to do'
    )
  }
  return (reply, block) => {
    const raw = reply.raw as PreparedResponse
    if (!hasHeaderAccessors(raw)) {
      if (!isNative(raw)) return setEach(reply, symbol, block)
      installHeaderAccessors(raw)
      useWriter(raw)
    }
    raw[symbol] = block
  }
}

/** The block of a slot on a response. */
export const headerBlockOf = ({ raw }: FastifyReply, slot: HeaderSlot): HeaderBlock | undefined =>
  (raw as HeaderBlocks)[slotSymbols[slot]]

/** Whether this is one of Node's HTTP/1 responses with Node's own way to write the head. */
const isNative = (raw: PreparedResponse): boolean =>
  Object.getPrototypeOf(raw) === nativeResponse &&
  raw._storeHeader === nativeResponse._storeHeader &&
  raw.writeHead === nativeResponse.writeHead
