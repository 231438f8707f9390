import { ServerResponse } from 'node:http'
import type { Block } from './header-block.ts'

/** Node's own response: what its methods do before anybody changes them. */
export const native = ServerResponse.prototype as ServerResponse & HeadWriter

/** Node's own step from a head to text. It is not documented. */
interface HeadWriter {
  _storeHeader(firstLine: string, headers: unknown): void
}

export const kHeaders = Symbol('seaworthy.security.headers')
export const kCors = Symbol('seaworthy.security.cors')
export const kLimits = Symbol('seaworthy.security.limits')

/** Whose block it is. */
export type Slot = 'headers' | 'cors' | 'limits'
export type SlotKey = typeof kHeaders | typeof kCors | typeof kLimits
export const slots = { headers: kHeaders, cors: kCors, limits: kLimits } as const
/** In the order in which they are written. */
export const slotKeys: readonly SlotKey[] = Object.values(slots)

/** What a response carries. */
export interface Blocks {
  [kHeaders]?: Block | undefined
  [kCors]?: Block | undefined
  [kLimits]?: Block | undefined
}

export type BlockResponse = ServerResponse & HeadWriter & Blocks
