import { ServerResponse } from 'node:http'
import type { Block } from './block.ts'

/** Node's own response: what its methods do before anybody changes them. */
export const native = ServerResponse.prototype as ServerResponse & HeadWriter

/** Node's own step from a head to text. It is not documented. */
interface HeadWriter {
  _storeHeader(firstLine: string, headers: unknown): void
}

export const kHeaders = Symbol('seaworthy.security.headers')
export const kLimits = Symbol('seaworthy.security.limits')

/** Whose block it is. */
export type Slot = 'headers' | 'limits'
export type SlotKey = typeof kHeaders | typeof kLimits
export const slots = { headers: kHeaders, limits: kLimits } as const

/** What a response carries. */
export interface Blocks {
  [kHeaders]?: Block | undefined
  [kLimits]?: Block | undefined
}

export type BlockResponse = ServerResponse & HeadWriter & Blocks
