import type { Automaton, Guard, State } from './automaton.ts'

/** The string whose steps are counted: the numbers of its characters in the alphabet. */
export type Word = readonly number[]

/**
 * Counts the characters that the engine reads on a string until it has a match or has tried all ways. Each state at
 * each place is evaluated once, so it takes no time, however long the engine would take.
 */
export function countSteps({ start, states, alphabet, multiline }: Automaton, word: Word): number {
  const width = word.length + 1
  const steps = new Float64Array(states.length * width)
  const results = new Uint8Array(states.length * width)
  const [failed, matched] = [1, 2]

  const isWordAt = (index: number) => index >= 0 && index < word.length && alphabet.isWord(word[index]!)
  const isLineEnd = (index: number) =>
    multiline && /[\n\r\u2028\u2029]/.test(alphabet.characters[word[index]!]!)
  const holdsPosition = (source: string, index: number): boolean => {
    if (source === '^') return index === 0 || isLineEnd(index - 1)
    if (source === '$') return index === word.length || isLineEnd(index)
    return (isWordAt(index - 1) !== isWordAt(index)) === (source === '\\b')
  }

  /** Whether the guards hold, and the characters that their lookarounds read. */
  const evaluateGuards = (guards: readonly Guard[], index: number): [holds: boolean, read: number] => {
    let read = 0
    for (const guard of guards) {
      if (guard.kind === 'position') {
        if (!holdsPosition(guard.source, index)) return [false, read]
        continue
      }
      const at = evaluate(guard.start, index, guard.behind)
      read += steps[at]!
      if ((results[at] === matched) === guard.negated) return [false, read]
    }
    return [true, read]
  }

  const evaluate = (state: State, index: number, behind: boolean): number => {
    const at = state.id * width + index
    if (results[at] !== 0) return at
    let count = 0
    let result = failed
    const character = word[behind ? index - 1 : index]
    for (const { to, guards } of state.next) {
      const [holds, read] = guards.length === 0 ? [true, 0] : evaluateGuards(guards, index)
      count += read
      if (!holds) continue
      if (to === undefined) {
        result = matched
        break
      }
      if (character === undefined || !alphabet.matches(to.part, character)) continue
      const next = evaluate(to, behind ? index - 1 : index + 1, behind)
      count += 1 + steps[next]!
      if (results[next] === matched) {
        result = matched
        break
      }
    }
    steps[at] = count
    results[at] = result
    return at
  }

  let total = 0
  for (let index = 0; index <= word.length; index++) {
    const at = evaluate(start, index, false)
    total += steps[at]! + 1
    if (results[at] === matched) break
  }
  return total
}
