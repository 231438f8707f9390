import safeRegex from 'safe-regex2'
import {
  anyCharacter,
  firstCharacters,
  intersect,
  noCharacter,
  type FirstCharacters
} from './first-characters.ts'
import { parsePattern, type Part, type Sequence } from './parse.ts'

/** Steps of the regular expression engine that a pattern may take: some tens of milliseconds. */
const maxSteps = 10_000_000
/** The length of a string without `maxLength`: that of a body. */
const maxStringLength = 1_000_000
/** Repetitions with a lower maximum are ignored: two ways to match the same cannot multiply to much. */
const minRepeat = 8

/** Why a pattern can be made to run for long on strings up to `maxLength`. `undefined` if it cannot. */
export function findReDoS(source: string, maxLength: number): string | undefined {
  if (!safeRegex(source)) return 'repetitions inside repetitions take exponential time'
  const alternatives = parsePattern(source)
  if (alternatives.some((parts) => parts.some((part) => isAmbiguous(part, false)))) {
    return 'alternatives that match the same inside a repetition take exponential time'
  }
  const worst = worstOf(
    alternatives.map((parts) => [...(isAnchored(parts) ? [] : [Infinity]), ...branching(parts)])
  )
  if (steps(worst, Math.min(maxLength, maxStringLength)) <= maxSteps) return undefined
  return `it can be made to try too much: anchor it, or give the string a "maxLength" of ${safeLength(worst)} at most`
}

/** `(a|a)*`, `(a|ab)+`, `((.|x))*`: two alternatives in a repetition may begin with the same character. */
function isAmbiguous(part: Part, repeats: boolean): boolean {
  if (part.kind === 'repetition') return isAmbiguous(part.part, repeats || part.max > minRepeat)
  if (part.kind !== 'group' && part.kind !== 'lookaround') return false
  return (
    (repeats && haveCommonStart(part.alternatives)) ||
    part.alternatives.some((parts) => parts.some((inner) => isAmbiguous(inner, repeats)))
  )
}

function haveCommonStart(alternatives: readonly Sequence[]): boolean {
  const starts = alternatives.map((parts) => firstCharacters(parts))
  return starts.some((one, index) =>
    starts.slice(index + 1).some((other) => one.empty || other.empty || intersect(one, other))
  )
}

const isAnchored = ([first]: Sequence): boolean =>
  first?.kind === 'position'
    ? first.source === '^'
    : first?.kind === 'group' && first.alternatives.every((parts) => isAnchored(parts))

/**
 * In how many ways each part may match, which the engine tries one after another. A repetition has as many as lengths,
 * unless its next character shows its end; the longest of those is gone through at least once.
 */
function branching(parts: Sequence): number[] {
  const deterministic: number[] = []
  const ways = branchingBefore(parts, noCharacter, deterministic)
  return [...ways, Math.max(1, ...deterministic)]
}

function branchingBefore(parts: Sequence, after: FirstCharacters, deterministic: number[]): number[] {
  return parts.flatMap((part, index) => {
    const rest = firstCharacters(parts.slice(index + 1), after)
    if (part.kind === 'repetition') {
      const lengths = part.max - part.min + 1
      const inner = branchingBefore([part.part], anyCharacter, deterministic)
      if (lengths === 1) return inner
      if (intersect(firstCharacters([part.part]), rest)) return [lengths, ...inner]
      deterministic.push(lengths)
      return inner
    }
    // A comparison takes as long as the compared text.
    if (part.kind === 'backreference') deterministic.push(Infinity)
    if (part.kind !== 'group' && part.kind !== 'lookaround') return []
    const worst = worstOf(part.alternatives.map((sequence) => branchingBefore(sequence, rest, deterministic)))
    return haveCommonStart(part.alternatives) ? [part.alternatives.length, ...worst] : worst
  })
}

const worstOf = (all: readonly (readonly number[])[]): readonly number[] =>
  all.toSorted((a, b) => steps(b, 1000) - steps(a, 1000))[0] ?? []

/** Steps for a string of `length` characters. Unbounded repetitions share the string, so their order divides it. */
function steps(ways: readonly number[], length: number): number {
  let count = 1
  let unbounded = 0
  for (const way of ways) {
    count *= Math.min(way, length)
    if (way >= length) count /= ++unbounded
  }
  return count
}

/** The longest string on which the pattern is safe. */
function safeLength(ways: readonly number[]): number {
  let [safe, unsafe] = [1, maxStringLength]
  while (unsafe - safe > 1) {
    const middle = Math.floor((safe + unsafe) / 2)
    if (steps(ways, middle) <= maxSteps) safe = middle
    else unsafe = middle
  }
  return safe
}
