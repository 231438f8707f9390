import type { HeaderBlock } from './header-block.ts'
import { isPageType, writtenHeader } from './written-headers.ts'

/** The block for a response with this status and these headers. */
export function blockForType(block: HeaderBlock, status: number, headers: unknown): HeaderBlock {
  if (block.page === undefined) return block
  if (status === 304 && block.notModified !== undefined) return block.notModified()
  return isPageType(writtenHeader(headers, 'content-type')) ? block.page() : block
}
