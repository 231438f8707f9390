import { createAutomaton, type Automaton } from './automaton.ts'
import { countSteps } from './count-steps.ts'
import { stepsOfWords } from './words.ts'
import { formatAttack, longestRun } from './format-attack.ts'
import { phasedWords } from './phased-words.ts'
import { WorstWords } from './worst-words.ts'

/** The fault of a pattern. */
export interface ReDoS {
  /** `it takes exponential time`. */
  reason: string
  /** A string that makes it run for long, as an expression of JavaScript. `undefined` if it could not be analysed. */
  attack: string | undefined
  /** The length of a string on which it is harmless. */
  safeLength: number
}

/** Characters that the engine may read: some tens of milliseconds. */
const maxSteps = 10_000_000
/** And for each character of the string, where their number grows as the string: a longer one takes longer to arrive. */
const maxStepsEach = 500
/** The lengths for which the worst strings are counted. Longer ones follow from how the numbers grow. */
const lengths = [6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 40, 48, 64, 96, 128, 192, 256]
/** Longer ones, for which only the worst string is counted, and the states that are evaluated for one at most. */
const longLengths = [384, 512, 768, 1024, 1536, 3072]
const maxCells = 4_000_000
const longBody = 1_048_576
const fewTimes = 6
/** The strings, and the characters behind each that may prevent a match, that are counted for each length. */
const maxWords = 4
const maxEndings = 10
/** A power of the length below this one is linear: the rest is how short strings begin. */
const linear = 1.3
const exponential = 6

/** The steps for the worst string of one length. */
interface Worst {
  length: number
  steps: number
  word: readonly number[]
}

/** The fault of a pattern for strings of up to a length. */
export type PatternVerdict = (maxLength: number) => ReDoS | undefined

/** Whether a string of up to `maxLength` characters can make a pattern run for long. */
export const findReDoS = (source: string, flags: string, maxLength: number): ReDoS | undefined =>
  analysePattern(source, flags)(maxLength)

/**
 * Analyses a pattern for strings of every length. The strings on which most ways through its automaton stay open are
 * found, and what the engine reads on them is counted, without running it.
 */
export function analysePattern(source: string, flags: string): PatternVerdict {
  if (stepsOfWords(source, flags) <= maxSteps) return () => undefined
  const usedFlags = flags.replaceAll(/[dgy]/g, '')
  const automaton = createAutomaton(source, usedFlags)
  if (automaton === undefined) {
    return () => ({ reason: 'it is too large to be analysed', attack: undefined, safeLength: lengths[0]! })
  }
  const worst = worstOf(automaton)
  const growsLater = stepsAt(worst, longBody) > maxSteps && growthOf(worst) < exponential
  const isCounted = growsLater && isLinearWithoutCounts(source, usedFlags)
  if (isCounted) worst.push(...extended(automaton, worst))
  const growthEnds = lengthOfGrowth(automaton, worst)
  const { alphabet } = automaton
  return (maxLength) => {
    const limit = Math.min(maxLength, growthEnds)
    const stepsEach = isCounted && growthOf(worst) < linear ? maxStepsEach : 0
    const isSlowAt = (length: number, steps: number) => steps > Math.max(maxSteps, stepsEach * length)
    const isSlowBefore = worst.some(({ length, steps }) => length <= limit && isSlowAt(length, steps))
    if (!isSlowBefore && !isSlowAt(limit, stepsAt(worst, limit))) return undefined

    const safeLength = safeLengthOf(worst, limit)
    const isExponential = growthOf(worst) > exponential
    const sample = isExponential ? worst.find(({ length }) => length > safeLength) : worst.at(-1)
    return {
      reason: isExponential ? 'it takes exponential time' : `it takes time that grows faster than the string`,
      attack: sample && formatAttack(alphabet, sample.word, isExponential ? 0 : safeLength + 1),
      safeLength
    }
  }
}

/** The worst strings of each length. Empty if no string can be worse than its length. */
function worstOf(automaton: Automaton): Worst[] {
  const search = new WorstWords(automaton)
  const candidates: { length: number; steps: number; words: number[][] }[] = []
  for (const length of lengths) {
    const goesOn = search.extendTo(length)
    candidates.push({ length, steps: search.most, words: search.words(maxWords) })
    if (!goesOn) break
  }
  if ((search.isSteady || growthOf(candidates) < linear) && search.most <= maxSteps) return []

  const { characters } = automaton.alphabet
  const endings = [[], ...characters.map((_, character) => [character])].slice(0, maxEndings)
  // A string that matches from its start is harmless: one that cannot begin a match stands in front of it.
  const others = characters.flatMap((_, character) => (begins(automaton, character) ? [] : [[character]]))
  const beginnings = [[], ...others.slice(0, 1)]
  const phased =
    growthOf(candidates) < exponential
      ? phasedWords(automaton, search, [[], beginningOf(candidates.at(-1)!.words[0]!)])
      : () => []
  return candidates.map(({ length, words: found }) => {
    const words = [...found, ...phased(length)]
    let worst: Worst = { length: 0, steps: 0, word: [] }
    for (const beginning of beginnings) {
      for (const middle of words) {
        for (const ending of endings) {
          const word = [...beginning, ...middle, ...ending]
          const steps = countSteps(automaton, word)
          if (steps > worst.steps) worst = { length: word.length, steps, word }
        }
      }
    }
    return worst
  })
}

/** Whether only repetitions with a high maximum (`{1,256}`) make a pattern slow: with a low one it is linear. */
function isLinearWithoutCounts(source: string, flags: string): boolean {
  const automaton = createAutomaton(source, flags, fewTimes)
  return automaton !== undefined && growthOf(worstOf(automaton)) < linear
}

/**
 * The worst string with its repeated part repeated more often. Repetitions with a maximum (`{1,256}`) are used up there, so
 * that the steps grow no faster than the string.
 */
function extended(automaton: Automaton, worst: readonly Worst[]): Worst[] {
  const { word, length } = worst.at(-1)!
  const { start, period, times } = longestRun(word)
  const run = word.slice(start, start + period)
  const ends = [word.slice(0, start), word.slice(start + period * times)] as const
  return longLengths
    .filter((each) => each > length && each * automaton.states.length <= maxCells)
    .map((each) => {
      const repeated = Array.from({ length: Math.floor((each - length) / period) + times }, () => run).flat()
      const longer = [...ends[0], ...repeated, ...ends[1]]
      return { length: longer.length, steps: countSteps(automaton, longer), word: longer }
    })
}

/** The text in front of the repeated part of a string, and a first character of that part. */
const beginningOf = (word: readonly number[]): readonly number[] => word.slice(0, longestRun(word).start + 1)

/** Whether a match may begin with a character. */
const begins = ({ start, alphabet }: Automaton, character: number): boolean =>
  start.next.some(({ to }) => to !== undefined && alphabet.matches(to.part, character))

/** The power of the length with which the steps grow: 1 is linear. */
function growthOf(worst: readonly Pick<Worst, 'length' | 'steps'>[]): number {
  const [last, half] = [worst.at(-1), worst.findLast(({ length }) => length <= worst.at(-1)!.length / 2)]
  if (last === undefined || half === undefined) return 0
  return Math.log(last.steps / half.steps) / Math.log(last.length / half.length)
}

/** The length from which the steps grow no faster than the string, because no match is longer. */
const lengthOfGrowth = ({ maxLength }: Automaton, worst: readonly Worst[]): number =>
  growthOf(worst) < linear ? Math.min(maxLength, worst.at(-1)?.length ?? 0) : maxLength + 1

/** The steps for the worst string of a length, between and beyond the lengths that were counted. */
function stepsAt(worst: readonly Worst[], length: number): number {
  const above = worst.findIndex((each) => each.length >= length)
  const index = above === -1 ? worst.length - 1 : above
  const [low, high] = [worst[index - 1], worst[index]]
  if (high === undefined) return 0
  if (low === undefined || high.length === length) return high.steps
  const growth =
    above === -1 ? growthOf(worst) : Math.log(high.steps / low.steps) / Math.log(high.length / low.length)
  return high.steps * (length / high.length) ** growth
}

/** The longest string on which the pattern is harmless. */
function safeLengthOf(worst: readonly Worst[], limit: number): number {
  let [safe, unsafe] = [1, Math.min(limit, 1_000_000)]
  while (unsafe - safe > 1) {
    const middle = Math.floor((safe + unsafe) / 2)
    if (stepsAt(worst, middle) <= maxSteps) safe = middle
    else unsafe = middle
  }
  return safe
}
