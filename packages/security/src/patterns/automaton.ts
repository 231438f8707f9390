import { createAlphabet, type Alphabet } from './alphabet.ts'
import { maxLengthOf, parsePattern, type Part, type Sequence } from './parse.ts'

/** A state of the automaton. It has read a character; the start has read none. */
export interface State {
  readonly id: number
  /** The number of the part of the pattern that matches the state's character. */
  readonly part: number
  /** The ways on, in the order in which the engine tries them; some lead to the same state. */
  readonly next: readonly Step[]
}

/** A way from one state to the next, or to the end of the pattern. */
export interface Step {
  /** `undefined` at the end of the pattern. */
  readonly to: State | undefined
  /** The condition between the two characters. */
  readonly guards: readonly Guard[]
}

export type Guard =
  | { readonly kind: 'position'; readonly source: string }
  | {
      readonly kind: 'lookaround'
      readonly behind: boolean
      readonly negated: boolean
      readonly start: State
    }

export interface Automaton {
  readonly start: State
  readonly states: readonly State[]
  readonly alphabet: Alphabet
  /** Whether `^` and `$` match at lines. */
  readonly multiline: boolean
  /** The greatest number of characters that a match has. */
  readonly maxLength: number
}

/** The parts of a pattern in their order, before the ways are collected. */
type Node =
  | { kind: 'character'; state: { id: number; part: number; next: Step[] }; after: Node }
  | { kind: 'choice'; options: readonly Node[] }
  | { kind: 'repetition'; inner: Node; after: Node; lazy: boolean; end: Node & { kind: 'iterated' } }
  /** The end of an iteration. The engine rejects one without a character. */
  | { kind: 'iterated'; after: Node }
  | { kind: 'guard'; guard: Guard; after: Node }
  | { kind: 'end' }

/** Repetitions with a higher maximum count as unbounded, tried one after the other until the automaton is small. */
const repetitionCaps = [1000, 300, 100, 30, 12, 6, 3]
const usualSize: Size = { states: 1500, steps: 20_000 }
/** Of a list of many words, which stays large whatever its repetitions are. */
const largeSize: Size = { states: 16_000, steps: 100_000 }

interface BuildSettings {
  /** Repetitions with a higher maximum count as unbounded. */
  readonly cap: number
  readonly size: Size
  /** Repetitions with a higher maximum have this one. */
  readonly maxTimes: number
}

interface Size {
  readonly states: number
  readonly steps: number
}

class TooLarge extends Error {}

/**
 * Makes the automaton of a pattern. `undefined` if it is too large even without counted repetitions.
 *
 * @param maxTimes - Repetitions with a higher maximum have this one.
 */
export function createAutomaton(source: string, flags: string, maxTimes = Infinity): Automaton | undefined {
  const alternatives = parsePattern(source, flags)
  const attempts: [cap: number, size: Size][] = repetitionCaps.map((cap) => [cap, usualSize])
  for (const [cap, size] of [...attempts, [repetitionCaps.at(-1)!, largeSize] as const]) {
    try {
      return build(alternatives, flags, { cap, size, maxTimes })
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error
    }
  }
  return undefined
}

function build(
  pattern: readonly Sequence[],
  flags: string,
  { cap, size, maxTimes }: BuildSettings
): Automaton {
  const groups = new Map<string, readonly Sequence[]>()
  collectGroups(pattern, groups)
  const states: { id: number; part: number; next: Step[] }[] = []
  const sources = new Map<string, number>()
  const pending: [state: { next: Step[] }, after: Node][] = []
  const open = new Set<string>()
  let steps = 0

  const newState = (source: string, after?: Node) => {
    if (states.length >= size.states) throw new TooLarge()
    if (!sources.has(source)) sources.set(source, sources.size)
    const state = { id: states.length, part: sources.get(source)!, next: [] as Step[] }
    states.push(state)
    if (after) pending.push([state, after])
    return state
  }
  const alternativesBefore = (alternatives: readonly Sequence[], after: Node): Node => {
    const options = alternatives.map((parts) =>
      parts.reduceRight<Node>((rest, part) => before(part, rest), after)
    )
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }
  const before = (part: Part, after: Node): Node => {
    switch (part.kind) {
      case 'character':
        return { kind: 'character', state: newState(part.source, after), after }
      case 'position':
        return { kind: 'guard', guard: part, after }
      case 'group':
        return alternativesBefore(part.alternatives, after)
      case 'backreference': {
        // It can match all that its group can. Inside its own group it is empty.
        const group = groups.get(part.group)
        if (group === undefined || open.has(part.group)) return after
        open.add(part.group)
        const node = alternativesBefore(group, after)
        open.delete(part.group)
        return node
      }
      case 'lookaround': {
        const start = newState('')
        const alternatives = part.behind ? part.alternatives.map(reversed) : part.alternatives
        pending.push([start, alternativesBefore(alternatives, { kind: 'end' })])
        const { kind, behind, negated } = part
        return { kind: 'guard', guard: { kind, behind, negated, start }, after }
      }
      case 'repetition':
    }
    return repetitionBefore(part, after)
  }
  const repetitionBefore = (
    { part, min: atLeast, max: atMost, lazy }: Part & { kind: 'repetition' },
    after: Node
  ): Node => {
    const isCut = atMost > maxTimes && atMost < Infinity
    const [min, max] = isCut ? [Math.min(atLeast, maxTimes), maxTimes] : [atLeast, atMost]
    if (max === 0) return after
    if (maxLengthOf([[part]]) === 0) return before(part, after)
    const least = min > cap ? 1 : min
    let node = after
    const optional = (next: Node): Node & { kind: 'repetition' } => {
      const end = { kind: 'iterated' as const, after: next }
      return { kind: 'repetition', inner: before(part, end), after, lazy, end }
    }
    if (max > cap) {
      const loop = optional(after)
      loop.end.after = loop
      node = loop
    } else {
      for (let i = least; i < max; i++) node = optional(node)
    }
    for (let i = 0; i < least; i++) node = before(part, node)
    return node
  }

  const start = newState('')
  pending.push([start, alternativesBefore(pattern, { kind: 'end' })])
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const [state, after] = entry
    const iterating = new Set<Node>()
    const walk = (node: Node, guards: readonly Guard[]) => {
      if (node.kind === 'character' || node.kind === 'end') {
        if (++steps > size.steps) throw new TooLarge()
        state.next.push({ to: node.kind === 'end' ? undefined : node.state, guards })
      } else if (node.kind === 'guard') {
        walk(node.after, [...guards, node.guard])
      } else if (node.kind === 'choice') {
        for (const option of node.options) walk(option, guards)
      } else if (node.kind === 'iterated') {
        if (!iterating.has(node)) walk(node.after, guards)
      } else {
        if (node.lazy) walk(node.after, guards)
        iterating.add(node.end)
        walk(node.inner, guards)
        iterating.delete(node.end)
        if (!node.lazy) walk(node.after, guards)
      }
    }
    walk(after, [])
  }
  return {
    start,
    states,
    alphabet: createAlphabet([...sources.keys()], flags),
    multiline: flags.includes('m'),
    maxLength: maxLengthOf(pattern)
  }
}

/** A lookbehind is read from its end to its start. */
const reversed = (parts: Sequence): Sequence => parts.toReversed().map(reversedPart)

function reversedPart(part: Part): Part {
  if (part.kind === 'group') return { ...part, alternatives: part.alternatives.map(reversed) }
  if (part.kind === 'repetition') return { ...part, part: reversedPart(part.part) }
  return part
}

function collectGroups(alternatives: readonly Sequence[], groups: Map<string, readonly Sequence[]>): void {
  const visit = (part: Part): void => {
    if (part.kind === 'repetition') return visit(part.part)
    if (part.kind !== 'group' && part.kind !== 'lookaround') return
    if (part.kind === 'group') for (const name of part.names) groups.set(name, part.alternatives)
    collectGroups(part.alternatives, groups)
  }
  for (const parts of alternatives) for (const part of parts) visit(part)
}
