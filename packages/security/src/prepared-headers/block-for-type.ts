import type { HeaderBlock } from './header-block.ts'
import { isPageType, writtenHeader } from './written-headers.ts'

/** The block for a response with these headers. */
export function blockForType(block: HeaderBlock, headers: unknown): HeaderBlock {
  return block.page !== undefined && isPageType(writtenHeader(headers, 'content-type')) ? block.page() : block
}
