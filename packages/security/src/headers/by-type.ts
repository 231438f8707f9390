import { createHeaderBlock, type HeaderBlock } from '../prepared-headers/header-block.ts'
import type { PreparedHeaders } from './prepare.ts'

/**
 * Headers that depend on the content type: those of a page are taken when the head of one is written.
 *
 * @param onPage - Called before each page.
 */
export function prepareByType(
  other: PreparedHeaders,
  page: PreparedHeaders,
  onPage: () => void
): PreparedHeaders {
  const join = (block: HeaderBlock, ofPage: () => HeaderBlock): HeaderBlock => ({
    names: block.names,
    values: block.values,
    text: block.text,
    page() {
      onPage()
      return ofPage()
    },
    notModified: () => commonOf(block, ofPage())
  })
  const { fixed, nonces } = other
  if (other.constant === undefined || page.constant === undefined) {
    return {
      fixed,
      nonces,
      constant: undefined,
      block: (request, reply, nonce) =>
        join(other.block(request, reply, nonce), () => page.block(request, reply, nonce))
    }
  }
  const { constant } = page
  const common = commonOf(other.constant, constant)
  const block = { ...join(other.constant, () => constant), notModified: () => common }
  return { fixed, nonces, constant: block, block: () => block }
}

/** The headers that both have alike. */
const commonOf = ({ values }: HeaderBlock, other: HeaderBlock): HeaderBlock =>
  createHeaderBlock(
    Object.fromEntries([...values].filter(([name, value]) => other.values.get(name) === value))
  )
