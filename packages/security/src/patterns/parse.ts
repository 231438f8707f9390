/** A part of a regular expression. */
export type Part =
  /** One character: a literal, an escape, a class, the dot. */
  | { kind: 'character'; source: string }
  /** A position between characters: `^`, `$`, `\b`, `\B`. */
  | { kind: 'position'; source: string }
  /** The text of a group, by its number or name. */
  | { kind: 'backreference'; group: string }
  | { kind: 'group'; names: readonly string[]; alternatives: Sequence[] }
  /** A look ahead or behind that consumes nothing. */
  | { kind: 'lookaround'; behind: boolean; negated: boolean; alternatives: Sequence[] }
  | { kind: 'repetition'; part: Part; min: number; max: number; lazy: boolean }

/** Parts in a row. */
export type Sequence = readonly Part[]

const groupStart = /\((\?(?:(<?)([=!])|:|<([^>]*)>|[a-z-]*:))?/y
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/y
const position = /[$^]|\\[bB]/y
const backreference = /\\(?:([1-9]\d*)|k<([^>]*)>)/y
const character =
  /\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|p\{[^}]*\}|c[a-z]|[^])|\[(?:\\[^]|[^\]\\])*\]|[^]/iuy

/** Parses a pattern that `RegExp` accepts, into its alternatives. With the flag `v` classes may have classes in them. */
export function parsePattern(source: string, flags = ''): Sequence[] {
  const hasNestedClasses = flags.includes('v')
  let offset = 0
  let captures = 0

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
      const [, special, behind, look, name] = start
      const captures = special === undefined || name !== undefined
      const names = captures ? [nextCapture(), ...(name === undefined ? [] : [name])] : []
      const alternatives = parseAlternatives()
      offset++
      return look === undefined
        ? { kind: 'group', names, alternatives }
        : { kind: 'lookaround', behind: behind === '<', negated: look === '!', alternatives }
    }
    const between = take(position)
    if (between) return { kind: 'position', source: between[0] }
    const reference = take(backreference)
    if (reference) return { kind: 'backreference', group: reference[1] ?? reference[2] ?? '' }
    if (hasNestedClasses && source[offset] === '[') return { kind: 'character', source: takeNestedClass() }
    return { kind: 'character', source: take(character)?.[0] ?? '' }
  }

  const takeNestedClass = (): string => {
    const start = offset
    let depth = 0
    do {
      if (source[offset] === '\\') offset++
      else if (source[offset] === '[') depth++
      else if (source[offset] === ']') depth--
      offset++
    } while (depth > 0 && offset < source.length)
    return source.slice(start, offset)
  }

  const nextCapture = () => String(++captures)

  const parseQuantifier = (part: Part): Part => {
    const match = take(quantifier)
    if (!match) return part
    const [, sign, lower, comma, upper, question] = match
    const min = sign === undefined ? Number(lower) : sign === '+' ? 1 : 0
    const unbounded = sign === '*' || sign === '+' || (comma !== undefined && upper === '')
    const max = unbounded ? Infinity : sign === '?' ? 1 : comma === undefined ? min : Number(upper)
    return { kind: 'repetition', part, min, max, lazy: question === '?' }
  }

  return parseAlternatives()
}

/** The greatest number of characters that alternatives read, those of lookarounds included. */
export const maxLengthOf = (alternatives: readonly Sequence[]): number =>
  Math.max(0, ...alternatives.map((parts) => parts.reduce((sum, part) => sum + maxLengthOfPart(part), 0)))

function maxLengthOfPart(part: Part): number {
  if (part.kind === 'character') return 1
  if (part.kind === 'backreference') return Infinity
  if (part.kind === 'group' || part.kind === 'lookaround') return maxLengthOf(part.alternatives)
  if (part.kind !== 'repetition' || part.max === 0) return 0
  const once = maxLengthOfPart(part.part)
  return once === 0 ? 0 : once * part.max
}
