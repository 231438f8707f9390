/** A part of a regular expression. */
export type Part =
  /** One character: a literal, an escape, a class, the dot. */
  | { kind: 'character'; source: string }
  /** A position between characters: `^`, `$`, `\b`. */
  | { kind: 'position'; source: string }
  /** The text of an earlier group. */
  | { kind: 'backreference' }
  | { kind: 'group'; alternatives: Sequence[] }
  /** A look ahead or behind that consumes nothing. */
  | { kind: 'lookaround'; alternatives: Sequence[] }
  | { kind: 'repetition'; part: Part; min: number; max: number }

/** Parts in a row. */
export type Sequence = readonly Part[]

const groupStart = /\((\?(?:<?[=!]|:|<[^>]*>|[a-z-]*:))?/y
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y
const position = /[$^]|\\[bB]/y
const backreference = /\\(?:[1-9]\d*|k<[^>]*>)/y
const character =
  /\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|p\{[^}]*\}|c[a-z]|[^])|\[(?:\\[^]|[^\]\\])*\]|[^]/iuy

/** Parses a pattern that `RegExp` accepts, into its alternatives. */
export function parsePattern(source: string): Sequence[] {
  let offset = 0

  const take = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = offset
    const match = expression.exec(source) ?? undefined
    if (match) offset += match[0].length
    return match
  }

  const parseAlternatives = (): Sequence[] => {
    const alternatives = [parseSequence()]
    while (source[offset] === '|') {
      offset++
      alternatives.push(parseSequence())
    }
    return alternatives
  }

  const parseSequence = (): Sequence => {
    const parts: Part[] = []
    while (offset < source.length && source[offset] !== '|' && source[offset] !== ')') {
      parts.push(parseQuantifier(parsePart()))
    }
    return parts
  }

  const parsePart = (): Part => {
    const start = take(groupStart)
    if (start) {
      const alternatives = parseAlternatives()
      offset++
      return { kind: /^\?<?[=!]/.test(start[1] ?? '') ? 'lookaround' : 'group', alternatives }
    }
    const between = take(position)
    if (between) return { kind: 'position', source: between[0] }
    if (take(backreference)) return { kind: 'backreference' }
    return { kind: 'character', source: take(character)?.[0] ?? '' }
  }

  const parseQuantifier = (part: Part): Part => {
    const match = take(quantifier)
    if (!match) return part
    const [, sign, lower, comma, upper] = match
    const min = sign === undefined ? Number(lower) : sign === '+' ? 1 : 0
    const unbounded = sign === '*' || sign === '+' || (comma !== undefined && upper === '')
    const max = unbounded ? Infinity : sign === '?' ? 1 : comma === undefined ? min : Number(upper)
    return { kind: 'repetition', part, min, max }
  }

  return parseAlternatives()
}
