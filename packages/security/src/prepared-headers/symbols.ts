import type { ServerResponse } from 'node:http'
import type { HeadWriter } from '../internals.ts'
import type { HeaderBlock } from './header-block.ts'

export const kHeaders = Symbol('seaworthy.security.headers')
export const kCors = Symbol('seaworthy.security.cors')
export const kLimits = Symbol('seaworthy.security.limits')

/** The plugin that a block of headers belongs to. */
export type HeaderSlot = 'headers' | 'cors' | 'limits'
export type SlotSymbol = typeof kHeaders | typeof kCors | typeof kLimits
export const slotSymbols = { headers: kHeaders, cors: kCors, limits: kLimits } as const
/** In the order in which the blocks are written. */
export const allSlotSymbols: readonly SlotSymbol[] = Object.values(slotSymbols)

/** The blocks of a response. */
export interface HeaderBlocks {
  [kHeaders]?: HeaderBlock | undefined
  [kCors]?: HeaderBlock | undefined
  [kLimits]?: HeaderBlock | undefined
}

/** An HTTP/1 response of Node with blocks. */
export type PreparedResponse = ServerResponse & HeadWriter & HeaderBlocks
