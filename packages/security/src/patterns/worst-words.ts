import type { Automaton, Guard, State, Step } from './automaton.ts'

/** A string on which many ways through the automaton are open at once. */
interface Beam {
  readonly character: number
  readonly before: Beam | undefined
  /** The numbers of the states that are reached, ascending, and in how many ways each is. */
  readonly states: readonly number[]
  readonly ways: readonly number[]
  /** The ways to all these states. */
  readonly now: number
  /** The ways of all prefixes together. */
  readonly total: number
}

const emptyBeam: Beam = { character: -1, before: undefined, states: [], ways: [], total: 0, now: 0 }

/** Strings kept for each length: a third by their ways, the others because their ways grow. */
const width = 24
/** More ways than this are exponential. */
const manyWays = 1e12
/** Lengths in a row that bring nothing new, after which longer strings are only longer. */
const steadyLengths = 16

/** Searches the strings of growing length for those on which the most ways stay open. */
export class WorstWords {
  readonly #automaton: Automaton
  /** The most ways for each combination of states. */
  readonly #seen = new Map<string, number>()
  readonly #lookarounds: ReadonlyMap<Step, readonly State[]>
  /** The ways to each state, while a string is extended. */
  readonly #open: Float64Array
  #beams: readonly Beam[] = [emptyBeam]
  #length = 0
  #steady = 0

  constructor(automaton: Automaton) {
    this.#automaton = automaton
    this.#lookarounds = lookaroundsOf(automaton.states)
    this.#open = new Float64Array(automaton.states.length)
  }

  /** The most ways of a string of this length: an upper bound of what the engine reads. */
  get most(): number {
    return Math.max(0, ...this.#beams.map(({ total }) => total))
  }

  /** Whether longer strings are not worse than their length. */
  get isSteady(): boolean {
    return this.#steady >= steadyLengths || this.#beams.length === 0
  }

  /** The strings of this length, the worst first. */
  words(count: number): number[][] {
    return this.#beams
      .toSorted((a, b) => b.total - a.total)
      .slice(0, count)
      .map(wordOf)
  }

  /** The ways of all prefixes of a string together. */
  waysOf(word: readonly number[]): number {
    let beam = emptyBeam
    for (const [length, character] of word.entries()) {
      const states = this.#openStates(beam, length)
      const next = this.#read(beam, states, character)
      for (const state of states) this.#open[state] = 0
      if (next === undefined) break
      beam = next
    }
    return beam.total
  }

  /** Goes on to strings of this length. `false` when longer ones would show nothing more. */
  extendTo(length: number): boolean {
    let goesOn = true
    while (this.#length < length && goesOn) {
      const next = this.#nextBeams()
      if (next.length === 0) this.#steady = steadyLengths
      else this.#beams = next
      this.#length++
      goesOn = !this.isSteady && this.most < manyWays
    }
    return goesOn
  }

  #nextBeams(): Beam[] {
    const best = new Map<string, Beam>()
    const characters = this.#automaton.alphabet.characters.length
    for (const beam of this.#beams) {
      const states = this.#openStates(beam, this.#length)
      for (let character = 0; character < characters; character++) {
        const next = this.#read(beam, states, character)
        if (next === undefined) continue
        const key = next.states.join()
        const other = best.get(key)
        if (other === undefined || other.total < next.total) best.set(key, next)
      }
      for (const state of states) this.#open[state] = 0
    }
    return this.#choose([...best].toSorted(([, a], [, b]) => b.now - a.now || b.total - a.total))
  }

  #choose(entries: readonly [key: string, beam: Beam][]): Beam[] {
    const improved = entries.filter(([key, { now }]) => now > (this.#seen.get(key) ?? 0))
    const growth = ({ now, before }: Beam) => now / Math.max(1, before?.now ?? 0)
    const ordered = [
      ...entries.slice(0, width / 3),
      ...improved.toSorted(([, a], [, b]) => growth(b) - growth(a)),
      ...entries
    ]
    this.#steady = improved.length > 0 ? 0 : this.#steady + 1
    for (const [key, { now }] of improved) this.#seen.set(key, now)
    return [...new Set(ordered.map(([, beam]) => beam))].slice(0, width)
  }

  /** The states that the next character may reach, ascending. Their ways are in `#open`. */
  #openStates(beam: Beam, length: number): number[] {
    const open = this.#open
    const touched: number[] = []
    const follow = (state: State, count: number) => {
      for (const step of state.next) {
        if (step.guards.length > 0 && !canHold(step.guards, length)) continue
        if (step.to) {
          if (open[step.to.id] === 0) touched.push(step.to.id)
          open[step.to.id]! += count
        }
        if (step.guards.length > 0)
          for (const start of this.#lookarounds.get(step) ?? []) follow(start, count)
      }
    }
    // The engine starts at each place.
    follow(this.#automaton.start, 1)
    beam.states.forEach((state, index) => follow(this.#automaton.states[state]!, beam.ways[index]!))
    return touched.toSorted((a, b) => a - b)
  }

  #read(beam: Beam, open: readonly number[], character: number): Beam | undefined {
    const { states: all, alphabet } = this.#automaton
    const states: number[] = []
    const ways: number[] = []
    let now = 0
    for (const state of open) {
      if (!alphabet.matches(all[state]!.part, character)) continue
      const count = this.#open[state]!
      states.push(state)
      ways.push(count)
      now += count
    }
    if (states.length === 0) return undefined
    return { character, before: beam, states, ways, now, total: beam.total + now }
  }
}

/** Whether the guards may hold between two characters. */
const canHold = (guards: readonly Guard[], length: number): boolean =>
  guards.every(
    (guard) => guard.kind === 'lookaround' || (guard.source === '^' ? length === 0 : guard.source !== '$')
  )

function lookaroundsOf(states: readonly State[]): Map<Step, readonly State[]> {
  const found = new Map<Step, readonly State[]>()
  for (const step of states.flatMap(({ next }) => next)) {
    const starts = step.guards.flatMap((guard) => (guard.kind === 'lookaround' ? [guard.start] : []))
    if (starts.length > 0) found.set(step, starts)
  }
  return found
}

function wordOf(beam: Beam): number[] {
  const word: number[] = []
  for (let at: Beam | undefined = beam; at?.before; at = at.before) word.push(at.character)
  return word.toReversed()
}
