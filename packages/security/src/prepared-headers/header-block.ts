import { validateHeaderName, validateHeaderValue } from 'node:http'
import { addsToVary } from './written-headers.ts'

/** Several headers, ready to be sent as one text. */
export interface HeaderBlock {
  /** The names, in lower case. */
  readonly names: { has(name: string): boolean }
  /** The values by name. Read only if the app reads, changes or removes headers. */
  readonly values: ReadonlyMap<string, string>
  /** The lines of the head, each with its line break. */
  readonly text: string
  /** The block for a page instead of this one, if the two differ. Called when the content type is known. */
  readonly page?: (() => HeaderBlock) | undefined
  /**
   * The block of a 304 instead of this one. It has no content type, and a browser puts its headers on the response that
   * it has kept: those of data would break a page.
   */
  readonly notModified?: (() => HeaderBlock) | undefined
}

/**
 * Makes a block of headers.
 *
 * @throws TypeError for a name or value that no header can have: Node checks single headers, but not these lines.
 */
export function createHeaderBlock(headers: Readonly<Record<string, string>>): HeaderBlock {
  const values = new Map<string, string>()
  let text = ''
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    values.set(name, value)
    text += formatHeaderLine(name, value)
  }
  return { names: values, values, text, page: undefined }
}

/** A block with one more header in front, whose name and value are checked already. */
export function prependHeader(name: string, value: string, block: HeaderBlock): HeaderBlock {
  const values = new Map([[name, value], ...block.values])
  return { names: values, values, text: formatHeaderLine(name, value) + block.text, page: undefined }
}

/** A block without one of its headers. */
export function omitHeader(block: HeaderBlock, name: string): HeaderBlock {
  const values = new Map(block.values)
  values.delete(name)
  const text = [...values].map(([each, value]) => formatHeaderLine(each, value)).join('')
  const { page, notModified } = block
  return {
    names: values,
    values,
    text,
    page: page && (() => omitHeader(page(), name)),
    notModified: notModified && (() => omitHeader(notModified(), name))
  }
}

/** The headers in lines of a head. */
export function parseHeaderLines(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').filter((line) => line !== '')
  return new Map(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]))
}

/**
 * The names of the response's single headers, in lower case, if one of them may be in the block: a header that the app
 * sets overrides the block's.
 *
 * @param headers - In the forms of Node's HTTP: an object, or a list of names and values, flat or in pairs.
 */
export function overridingNames({ names }: HeaderBlock, headers: unknown): ReadonlySet<string> | undefined {
  if (Array.isArray(headers)) {
    const listed: unknown[] = Array.isArray(headers[0])
      ? (headers as unknown[][]).map(([name]) => name)
      : headers.filter((_, index) => index % 2 === 0)
    return lowerCaseSet(listed)
  }
  for (const name in headers as object) {
    if (names.has(name.toLowerCase())) return lowerCaseSet(Object.keys(headers as object))
  }
  return undefined
}

const lowerCaseSet = (names: readonly unknown[]) => new Set(names.map((name) => String(name).toLowerCase()))

/** The lines of a block, without those of headers that the response sets itself. */
export function linesBeside(block: HeaderBlock, headers: unknown): string {
  const overriding = overridingNames(block, headers)
  if (overriding === undefined) return block.text
  let text = ''
  for (const [name, value] of block.values) {
    if (!overriding.has(name) || addsToVary(name, headers)) text += formatHeaderLine(name, value)
  }
  return text
}

export const formatHeaderLine = (name: string, value: string | number): string => `${name}: ${value}\r\n`
