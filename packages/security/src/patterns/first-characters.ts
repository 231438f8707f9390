import type { Part, Sequence } from './parse.ts'

/** The characters that a part of a pattern may begin with. */
export interface FirstCharacters {
  /** Sources of single characters: `a`, `[a-z]`, `\d`. */
  readonly characters: readonly string[]
  /** Whether the part may match nothing, so that the next one begins. */
  readonly empty: boolean
  /** Whether it may be any character, because it cannot be determined. */
  readonly any: boolean
}

/** Of a part that matches no character: the end, a position. */
export const noCharacter: FirstCharacters = { characters: [], empty: true, any: false }
export const anyCharacter: FirstCharacters = { characters: [], empty: true, any: true }

/** The characters that a sequence may begin with, including those of `after`, which follows it. */
export function firstCharacters(parts: Sequence, after: FirstCharacters = noCharacter): FirstCharacters {
  return parts.reduceRight((rest, part) => {
    const first = firstCharactersOfPart(part)
    if (!first.empty) return first
    return {
      characters: [...first.characters, ...rest.characters],
      empty: rest.empty,
      any: first.any || rest.any
    }
  }, after)
}

function firstCharactersOfPart(part: Part): FirstCharacters {
  if (part.kind === 'character') return { characters: [part.source], empty: false, any: false }
  if (part.kind === 'position') return noCharacter
  if (part.kind === 'group') return union(part.alternatives.map((sequence) => firstCharacters(sequence)))
  if (part.kind !== 'repetition') return anyCharacter
  const once = firstCharactersOfPart(part.part)
  return part.max === 0 ? noCharacter : { ...once, empty: once.empty || part.min === 0 }
}

const union = (all: readonly FirstCharacters[]): FirstCharacters => ({
  characters: all.flatMap(({ characters }) => characters),
  empty: all.some(({ empty }) => empty),
  any: all.some(({ any }) => any)
})

/** Whether some character is in both. */
export function intersect(a: FirstCharacters, b: FirstCharacters): boolean {
  if (a.any || b.any) return true
  return a.characters.some((one) => b.characters.some((other) => overlap(one, other)))
}

/** Whether some character matches both sources. */
function overlap(one: string, other: string): boolean {
  if (one === other) return true
  const [first, second] = [compile(one), compile(other)]
  const literal = literalOf(one) ?? literalOf(other)
  if (literal !== undefined) return first.test(literal) && second.test(literal)
  return samples(one, other).some((character) => first.test(character) && second.test(character))
}

/** The one character of a source such as `a` and `\.`. `undefined` if it is not obvious. */
const literalOf = (source: string): string | undefined =>
  /^(?:[^\\.[]|\\\W)$/u.test(source) ? Array.from(source).at(-1) : undefined

/** Compiles with the flags that Ajv uses. A source that is invalid alone matches anything. */
function compile(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'u')
  } catch {
    return /^/
  }
}

const commonCodes = Array.from({ length: 0x700 }, (_, code) => code)
const otherCodes = Array.from({ length: 0x1000 }, (_, index) => 0x700 + index * 256)

/** Enough characters to distinguish two sets: common ones, some of each script, and those beside the ends of ranges. */
function samples(...sources: readonly string[]): string[] {
  const named = sources.flatMap((source) => [
    ...Array.from(source, (text) => text.codePointAt(0) ?? 0),
    ...[...source.matchAll(/\\[ux]\{?([\da-f]+)/gi)].map(([, hex = '']) => Number.parseInt(hex, 16))
  ])
  const borders = named.flatMap((code) => [code - 1, code, code + 1])
  return [...commonCodes, ...otherCodes, ...borders]
    .filter((code) => code >= 0 && code <= 0x10ffff)
    .map((code) => String.fromCodePoint(code))
}
