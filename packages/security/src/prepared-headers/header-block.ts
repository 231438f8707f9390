import { validateHeaderName, validateHeaderValue } from 'node:http'

/** Headers ready to be sent: what each says, and the lines of all. */
export interface Block {
  /** In small letters. */
  readonly names: { has(name: string): boolean }
  /** What each says. Asked for only where somebody reads, changes or removes headers. */
  readonly values: ReadonlyMap<string, string>
  readonly text: string
}

/**
 * Puts headers into lines.
 *
 * @throws TypeError for what cannot be in a header: Node looks at headers one by one, but not at these lines.
 */
export function blockOf(headers: Readonly<Record<string, string>>): Block {
  const values = new Map<string, string>()
  let text = ''
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    values.set(name, value)
    text += line(name, value)
  }
  return { names: values, values, text }
}

/** The block with one more header in front. Its value must be safe already. */
export function withFirst(name: string, value: string, block: Block): Block {
  const values = new Map([[name, value], ...block.values])
  return { names: values, values, text: line(name, value) + block.text }
}

/** What lines say, read back. */
export function valuesIn(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').filter((each) => each !== '')
  return new Map(lines.map((each) => each.split(/: (.*)/, 2) as [string, string]))
}

/**
 * The names that an answer has itself, where some are of the block: what an app says wins.
 *
 * @param headers - As Node's HTTP has them: an object, or a list of names and values, flat or in pairs.
 */
export function saidIn({ names }: Block, headers: unknown): ReadonlySet<string> | undefined {
  if (Array.isArray(headers)) {
    const said: unknown[] = Array.isArray(headers[0])
      ? (headers as unknown[][]).map(([name]) => name)
      : headers.filter((_, index) => index % 2 === 0)
    return inSmall(said)
  }
  for (const name in headers as object) {
    if (names.has(name.toLowerCase())) return inSmall(Object.keys(headers as object))
  }
  return undefined
}

const inSmall = (names: readonly unknown[]) => new Set(names.map((name) => String(name).toLowerCase()))

/** The lines without those whose names an answer has itself. */
export function linesBeside(block: Block, headers: unknown): string {
  const said = saidIn(block, headers)
  if (said === undefined) return block.text
  let text = ''
  for (const [name, value] of block.values) if (!said.has(name)) text += line(name, value)
  return text
}

export const line = (name: string, value: string | number): string => `${name}: ${value}\r\n`
