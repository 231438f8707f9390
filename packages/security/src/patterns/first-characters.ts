import type { Part, Sequence } from './parse.ts'

/** What a part of a pattern may begin with. */
export interface Starts {
  /** Sources of single characters: `a`, `[a-z]`, `\d`. */
  readonly characters: readonly string[]
  /** Whether it may match nothing, so that what follows begins. */
  readonly empty: boolean
  /** Whether it cannot be told: anything. */
  readonly any: boolean
}

/** Begins with nothing: the end, a place. */
export const nothing: Starts = { characters: [], empty: true, any: false }
export const anything: Starts = { characters: [], empty: true, any: true }

/** What a sequence may begin with, and then what comes `after` it. */
export function startsOf(parts: Sequence, after: Starts = nothing): Starts {
  return parts.reduceRight((rest, part) => {
    const own = startsOfPart(part)
    if (!own.empty) return own
    return {
      characters: [...own.characters, ...rest.characters],
      empty: rest.empty,
      any: own.any || rest.any
    }
  }, after)
}

function startsOfPart(part: Part): Starts {
  if (part.kind === 'character') return { characters: [part.source], empty: false, any: false }
  if (part.kind === 'place') return nothing
  if (part.kind === 'group') return either(part.alternatives.map((each) => startsOf(each)))
  if (part.kind !== 'repeat') return anything
  const once = startsOfPart(part.part)
  return part.max === 0 ? nothing : { ...once, empty: once.empty || part.min === 0 }
}

const either = (all: readonly Starts[]): Starts => ({
  characters: all.flatMap(({ characters }) => characters),
  empty: all.some(({ empty }) => empty),
  any: all.some(({ any }) => any)
})

/** Whether some character begins both. */
export function meet(a: Starts, b: Starts): boolean {
  if (a.any || b.any) return true
  return a.characters.some((one) => b.characters.some((other) => overlap(one, other)))
}

function overlap(one: string, other: string): boolean {
  if (one === other) return true
  const [first, second] = [matcher(one), matcher(other)]
  const literal = literalOf(one) ?? literalOf(other)
  if (literal !== undefined) return first.test(literal) && second.test(literal)
  return samples(one, other).some((character) => first.test(character) && second.test(character))
}

/** The one character that a source stands for, where that is easily seen: `a`, `\.`. */
const literalOf = (source: string): string | undefined =>
  /^(?:[^\\.[]|\\\W)$/u.test(source) ? Array.from(source).at(-1) : undefined

/** As Ajv reads patterns. What it cannot read alone is taken for anything. */
function matcher(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'u')
  } catch {
    return /^/
  }
}

const everyday = Array.from({ length: 0x700 }, (_, code) => code)
const elsewhere = Array.from({ length: 0x1000 }, (_, index) => 0x700 + index * 256)

/** Enough characters to tell two sets apart: the common ones, some of each script, and where ranges begin and end. */
function samples(...sources: readonly string[]): string[] {
  const named = sources.flatMap((source) => [
    ...Array.from(source, (character) => character.codePointAt(0) ?? 0),
    ...[...source.matchAll(/\\[ux]\{?([\da-f]+)/gi)].map(([, hex = '']) => Number.parseInt(hex, 16))
  ])
  const borders = named.flatMap((code) => [code - 1, code, code + 1])
  return [...everyday, ...elsewhere, ...borders]
    .filter((code) => code >= 0 && code <= 0x10ffff)
    .map((code) => String.fromCodePoint(code))
}
