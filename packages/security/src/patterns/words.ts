import { maxLengthOf, parsePattern, type Part, type Sequence } from './parse.ts'

/**
 * The most characters that the engine reads on any string for a pattern of words: one that is anchored at its start and
 * repeats nothing without an end. `Infinity` for other patterns.
 */
export function stepsOfWords(source: string, flags: string): number {
  // `^` is at the start of each line with this flag.
  if (!source.startsWith('^') || flags.includes('m')) return Infinity
  const alternatives = parsePattern(source, flags)
  if (!alternatives.every(isAnchored)) return Infinity
  const steps = waysOf(alternatives) * maxLengthOf(alternatives)
  return Number.isNaN(steps) ? Infinity : steps
}

const isAnchored = ([first]: Sequence): boolean => first?.kind === 'position' && first.source === '^'

/** The ways through alternatives. */
const waysOf = (alternatives: readonly Sequence[]): number =>
  alternatives.reduce((sum, parts) => sum + parts.reduce((product, part) => product * waysOfPart(part), 1), 0)

function waysOfPart(part: Part): number {
  if (part.kind === 'character' || part.kind === 'position') return 1
  if (part.kind === 'group' || part.kind === 'lookaround') return waysOf(part.alternatives)
  if (part.kind === 'backreference' || part.max === Infinity) return Infinity
  const once = waysOfPart(part.part)
  let [sum, power] = [0, once ** part.min]
  for (let times = part.min; times <= part.max && sum < Infinity; times++) {
    sum += power
    power *= once
  }
  return sum
}
