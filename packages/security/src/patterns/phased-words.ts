import type { Automaton } from './automaton.ts'
import type { WorstWords } from './worst-words.ts'

/** Characters that are tried in each phase, and the length for which phases are compared. */
const maxCharacters = 12
const comparedLength = 90
const maxShapes = 4

/** A string that begins with a text and then repeats some characters, each as often as the others. */
interface Shape {
  beginning: readonly number[]
  phases: readonly number[]
}

/**
 * Strings such as `@@@@....aaaa`: each character leaves another part of the pattern open, so the ways multiply. A search
 * from the first character to the last misses them, because it prefers what has many ways at once.
 *
 * @param beginnings - What may have to stand in front.
 */
export function phasedWords(
  automaton: Automaton,
  search: WorstWords,
  beginnings: readonly (readonly number[])[]
): (length: number) => number[][] {
  const characters = automaton.alphabet.characters.map((_, character) => character).slice(0, maxCharacters)
  const phases = characters.flatMap((one) =>
    characters.flatMap((two) => [[one, two], ...characters.map((three) => [one, two, three])])
  )
  const shapes: { shape: Shape; ways: number }[] = []
  for (const beginning of beginnings) {
    for (const each of phases) {
      if (each.some((character, index) => character === each[index - 1])) continue
      const shape = { beginning, phases: each }
      shapes.push({ shape, ways: search.waysOf(wordOf(shape, comparedLength)) })
    }
  }
  const best = shapes.toSorted((a, b) => b.ways - a.ways).slice(0, maxShapes)
  return (length) => best.map(({ shape }) => wordOf(shape, length))
}

function wordOf({ beginning, phases }: Shape, length: number): number[] {
  const times = Math.ceil((length - beginning.length) / phases.length)
  return [
    ...beginning,
    ...phases.flatMap((character) => Array<number>(Math.max(1, times)).fill(character))
  ].slice(0, length)
}
