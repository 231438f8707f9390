import type { Alphabet } from './alphabet.ts'

/** The longest part of a string that is looked for as its repeated part. */
const maxPeriod = 12

/**
 * A string as an expression of JavaScript: `'x' + 'a'.repeat(30) + '!'`.
 *
 * @param length - The length of the string to show: its repeated part is repeated as often. 0 leaves it as it is.
 */
export function formatAttack({ characters }: Alphabet, word: readonly number[], length: number): string {
  const { start, period, times } = longestRun(word)
  const text = (from: number, to: number) =>
    word
      .slice(from, to)
      .map((character) => characters[character]!)
      .join('')
  const rest = word.length - period * times
  const shown = length === 0 ? times : Math.max(times, Math.ceil((length - rest) / period))
  const end = start + period * times
  const parts = [
    ...(start > 0 ? [quote(text(0, start))] : []),
    `${quote(text(start, start + period))}.repeat(${shown})`,
    ...(end < word.length ? [quote(text(end, word.length))] : [])
  ]
  return parts.join(' + ')
}

const quote = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  )

/** The part of a string that consists of one text repeated, and covers the most. */
export function longestRun(word: readonly number[]): { start: number; period: number; times: number } {
  let best = { start: 0, period: Math.max(1, word.length), times: 1 }
  let covered = 1
  for (let period = 1; period <= maxPeriod; period++) {
    let start = 0
    for (let index = period; index <= word.length; index++) {
      if (index < word.length && word[index] === word[index - period]) continue
      const times = Math.floor((index - start) / period)
      if (times > 1 && times * period > covered) {
        covered = times * period
        best = { start, period, times }
      }
      start = index - period + 1
    }
  }
  return best
}
