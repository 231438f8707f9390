/** Characters that stand for all others: two that every part of a pattern treats alike have one representative. */
export interface Alphabet {
  readonly characters: readonly string[]
  /** Whether the part with this number matches the character with that number. */
  matches(part: number, character: number): boolean
  /** Whether `\b` sees a letter of a word in the character with this number. */
  isWord(character: number): boolean
}

/** Some characters of each kind that classes distinguish, those of ASCII completely. */
const ascii = Array.from({ length: 128 }, (_, code) => code)
const others =
  '\u0085\u00a0\u00aa\u00b2\u00b5\u00bd\u00c9\u00d7\u00e9\u00ff\u017f\u0130\u01c5\u02b0\u0301\u03b1\u042f\u044f\u0451' +
  '\u05d0\u0627\u0660\u0903\u0e01\u2028\u200b\u200d\u2160\u20ac\u212a\u2192\u2014\u2019\u201c\u3000\u3042\u30a2\u4e2d' +
  '\uac00\ue000\ufeff\uff21\u{1f600}\u{1f1e6}\u{1d400}\u{20000}\u{10ffff}\ud800'
const codesOf = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0)!)
const common = [...ascii, ...codesOf(others)]
/** Of those that are treated alike, the one that reads best in a message comes first. */
const preferred = codesOf('a0 A!-._@/,:')

/** Chooses the representatives for the sources of single characters: `a`, `[a-z]`, `\d`. */
export function createAlphabet(sources: readonly string[], flags: string): Alphabet {
  const codes = new Set([...preferred, ...common, ...sources.flatMap((source) => borders(source))])
  const unicode = /[uv]/.test(flags)
  const tests = sources.map((source) => compile(source, flags))
  const representatives = new Map<string, string>()
  for (const code of codes) {
    if (code < 0 || code > 0x10_ffff || (!unicode && code > 0xffff)) continue
    const character = String.fromCodePoint(code)
    const signature = tests.map((test) => (test.test(character) ? '1' : '0')).join('')
    const key = signature + (isWordCharacter(character) ? 'w' : '')
    if (!representatives.has(key)) representatives.set(key, character)
  }
  const entries = [...representatives]
  const words = entries.map(([, character]) => isWordCharacter(character))
  const matches = sources.map((_, part) => entries.map(([signature]) => signature[part] === '1'))
  return {
    characters: entries.map(([, character]) => character),
    matches: (part, character) => matches[part]![character]!,
    isWord: (character) => words[character] ?? false
  }
}

const isWordCharacter = (character: string): boolean => /^\w$/.test(character)

/** The characters that a source names, and those beside them. */
function borders(source: string): number[] {
  const escaped = [...source.matchAll(/\\[ux]\{?([\da-f]+)/gi)].map(([, hex = '']) =>
    Number.parseInt(hex, 16)
  )
  return [...codesOf(source), ...escaped].flatMap((code) => (code > 127 ? [code - 1, code, code + 1] : []))
}

/** A source that is invalid alone matches anything. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, flags)
  } catch {
    return /^/
  }
}
