import safeRegex from 'safe-regex2'
import { anything, meet, nothing, startsOf, type Starts } from './first-characters.ts'
import { treeOf, type Part, type Sequence } from './parse.ts'

/** Steps of the engine that nobody notices: some tens of milliseconds. */
const bearable = 10_000_000
/** A string without a bound is as long as a body may be. */
const longest = 1_000_000
/** Repeated less often than this, two ways to match the same cannot multiply to much. */
const often = 8

/** Why a pattern is dangerous for strings up to `maxLength`, if it is. */
export function danger(source: string, maxLength: number): string | undefined {
  if (!safeRegex(source)) return 'repetitions inside repetitions take exponential time'
  const tree = treeOf(source)
  if (tree.some((parts) => parts.some((part) => isAmbiguous(part, false)))) {
    return 'alternatives that match the same inside a repetition take exponential time'
  }
  const ways = tree.map((parts) => [...(isAnchored(parts) ? [] : [Infinity]), ...waysOf(parts)])
  const worst = ways.toSorted((a, b) => steps(b, 1000) - steps(a, 1000))[0] ?? []
  if (steps(worst, Math.min(maxLength, longest)) <= bearable) return undefined
  return `it can be made to try too much: anchor it, or give the string a "maxLength" of ${bound(worst)} at most`
}

/** `(a|a)*`, `(a|ab)+`, `((.|x))*`: inside a repetition two alternatives may begin with the same character. */
function isAmbiguous(part: Part, repeating: boolean): boolean {
  if (part.kind === 'repeat') return isAmbiguous(part.part, repeating || part.max > often)
  if (part.kind !== 'group' && part.kind !== 'look') return false
  return (
    (repeating && alike(part.alternatives)) ||
    part.alternatives.some((parts) => parts.some((each) => isAmbiguous(each, repeating)))
  )
}

function alike(alternatives: readonly Sequence[]): boolean {
  const starts = alternatives.map((parts) => startsOf(parts))
  return starts.some((one, index) =>
    starts.slice(index + 1).some((other) => one.empty || other.empty || meet(one, other))
  )
}

const isAnchored = ([first]: Sequence): boolean =>
  first?.kind === 'place'
    ? first.source === '^'
    : first?.kind === 'group' && first.alternatives.every((parts) => isAnchored(parts))

/**
 * In how many ways each part may match what the engine has to try one after another. A repetition has as many as it has
 * lengths, unless what follows tells where it ends; the longest of those that it tells is gone through at least once.
 */
function waysOf(parts: Sequence): number[] {
  const told: number[] = []
  const ways = open(parts, nothing, told)
  return [...ways, Math.max(1, ...told)]
}

function open(parts: Sequence, after: Starts, told: number[]): number[] {
  return parts.flatMap((part, index) => {
    const rest = startsOf(parts.slice(index + 1), after)
    if (part.kind === 'repeat') {
      const lengths = part.max - part.min + 1
      const inner = open([part.part], anything, told)
      if (lengths === 1) return inner
      if (meet(startsOf([part.part]), rest)) return [lengths, ...inner]
      told.push(lengths)
      return inner
    }
    // Comparing takes as long as what is compared.
    if (part.kind === 'reference') told.push(Infinity)
    if (part.kind !== 'group' && part.kind !== 'look') return []
    const each = part.alternatives.map((sequence) => open(sequence, rest, told))
    const worst = each.toSorted((a, b) => steps(b, 1000) - steps(a, 1000))[0] ?? []
    return alike(part.alternatives) ? [part.alternatives.length, ...worst] : worst
  })
}

/** How much is tried for a string of `length` characters: open ends share the string, so their order halves it. */
function steps(ways: readonly number[], length: number): number {
  let count = 1
  let shared = 0
  for (const way of ways) {
    count *= Math.min(way, length)
    if (way >= length) count /= ++shared
  }
  return count
}

/** The longest string that is no danger. */
function bound(ways: readonly number[]): number {
  let [safe, unsafe] = [1, longest]
  while (unsafe - safe > 1) {
    const middle = Math.floor((safe + unsafe) / 2)
    if (steps(ways, middle) <= bearable) safe = middle
    else unsafe = middle
  }
  return safe
}
