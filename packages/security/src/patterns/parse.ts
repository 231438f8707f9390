/** A part of a regular expression. */
export type Part =
  /** One character: a literal, an escape, a class, the dot. */
  | { kind: 'character'; source: string }
  /** `^`, `$`, `\b`: a place between characters. */
  | { kind: 'place'; source: string }
  /** What an earlier group has matched. */
  | { kind: 'reference' }
  | { kind: 'group'; alternatives: Sequence[] }
  /** Looks ahead or behind without moving. */
  | { kind: 'look'; alternatives: Sequence[] }
  | { kind: 'repeat'; part: Part; min: number; max: number }

/** Parts in a row. */
export type Sequence = readonly Part[]

const opening = /\((\?(?:<?[=!]|:|<[^>]*>|[a-z-]*:))?/y
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y
const place = /[$^]|\\[bB]/y
const reference = /\\(?:[1-9]\d*|k<[^>]*>)/y
const character =
  /\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|p\{[^}]*\}|c[a-z]|[^])|\[(?:\\[^]|[^\]\\])*\]|[^]/iuy

/** Reads a pattern that `RegExp` accepts. */
export function treeOf(source: string): Sequence[] {
  let at = 0

  const take = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = at
    const found = expression.exec(source) ?? undefined
    if (found) at += found[0].length
    return found
  }

  const alternatives = (): Sequence[] => {
    const all = [sequence()]
    while (source[at] === '|') {
      at++
      all.push(sequence())
    }
    return all
  }

  const sequence = (): Sequence => {
    const parts: Part[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(repeated(part()))
    return parts
  }

  const part = (): Part => {
    const opened = take(opening)
    if (opened) {
      const inner = alternatives()
      at++
      return { kind: /^\?<?[=!]/.test(opened[1] ?? '') ? 'look' : 'group', alternatives: inner }
    }
    const between = take(place)
    if (between) return { kind: 'place', source: between[0] }
    if (take(reference)) return { kind: 'reference' }
    return { kind: 'character', source: take(character)?.[0] ?? '' }
  }

  const repeated = (part: Part): Part => {
    const found = take(quantifier)
    if (!found) return part
    const [, sign, least, comma, most] = found
    const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0
    const open = sign === '*' || sign === '+' || (comma !== undefined && most === '')
    const max = open ? Infinity : sign === '?' ? 1 : comma === undefined ? min : Number(most)
    return { kind: 'repeat', part, min, max }
  }

  return alternatives()
}
