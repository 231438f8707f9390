import { nativeResponse } from '../internals.ts'
import { linesBeside } from './header-block.ts'
import { blockForType } from './block-for-type.ts'
import { kCors, kHeaders, kLimits, type PreparedResponse } from './symbols.ts'

/**
 * Adds the lines of the blocks behind the status line. Node checks and joins single headers for each response, which
 * costs more than the rest of a small one. Each way to write the head comes through here: streams and hijacked replies too.
 */
function storeHeader(this: PreparedResponse, firstLine: string, headers: unknown): void {
  const { [kHeaders]: fixed, [kCors]: cors, [kLimits]: limits } = this
  let lines = firstLine
  if (fixed !== undefined) lines += linesBeside(blockForType(fixed, this.statusCode, headers), headers)
  if (cors !== undefined) lines += linesBeside(cors, headers)
  if (limits !== undefined) lines += linesBeside(limits, headers)
  nativeResponse._storeHeader.call(this, lines, headers)
}

/** Makes the response send its blocks as lines of the head. */
export function useRawWriter(response: PreparedResponse): void {
  response._storeHeader = storeHeader
}
