import safeRegex from 'safe-regex2'

/** A pattern that an attacker can make run for seconds, and where it stands. */
export interface UnsafePattern {
  pattern: string
  /** As a JSON pointer: `/properties/email/pattern`. */
  at: string
  why: string
}

/** A string of this length costs a quadratic pattern a few milliseconds at most. */
const shortEnough = 1000

/** Looks through a schema, wherever subschemas may stand. */
export function unsafePatterns(schema: unknown, at = '', seen: Set<object> = new Set()): UnsafePattern[] {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return []
  seen.add(schema)
  const { pattern, patternProperties, maxLength } = schema as Record<string, unknown>
  const found: UnsafePattern[] = []
  const judge = (source: string, place: string, limit: unknown) => {
    const why = danger(source, typeof limit === 'number' ? limit : Infinity)
    if (why) found.push({ pattern: source, at: place, why })
  }
  if (typeof pattern === 'string') judge(pattern, `${at}/pattern`, maxLength)
  if (typeof patternProperties === 'object' && patternProperties !== null) {
    for (const source of Object.keys(patternProperties)) judge(source, `${at}/patternProperties`, shortEnough)
  }
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples') continue
    found.push(...unsafePatterns(value, `${at}/${key}`, seen))
  }
  return found
}

/** Why a pattern is dangerous for strings up to `maxLength`, if it is. */
function danger(source: string, maxLength: number): string | undefined {
  if (!safeRegex(source)) return 'repetitions inside repetitions take exponential time'
  if (ambiguousAlternatives(source))
    return 'alternatives that match the same inside a repetition take exponential time'
  if (maxLength > shortEnough && quadratic(source)) {
    return `it takes quadratic time: anchor it, or give the string a "maxLength" of ${shortEnough} at most`
  }
  return undefined
}

const classes = /\\.|\[(?:\\.|[^\]\\])*\]/gs
const unbounded = /[*+]|\{\d+,\}|\{\d+,\d{3,}\}/g

/** `(a|a)*`, `(a|ab)+`, `(.|x)*`: two alternatives may begin with the same character. */
function ambiguousAlternatives(source: string): boolean {
  const groups = source.matchAll(
    /\((?:\?:|\?<\w+>)?((?:\\.|\[(?:\\.|[^\]\\])*\]|[^()[\]\\])*)\)(?:[*+]|\{\d+,\d*\})/gs
  )
  for (const [, inner = ''] of groups) {
    const alternatives = split(inner)
    if (alternatives.length < 2) continue
    const starts = alternatives.map(
      (alternative) => /^(?:\\.|\[(?:\\.|[^\]\\])*\]|.)?/s.exec(alternative)?.[0] ?? ''
    )
    for (let i = 0; i < starts.length; i++) {
      for (let j = i + 1; j < starts.length; j++) if (overlap(starts[i]!, starts[j]!)) return true
    }
  }
  return false
}

function split(inner: string): string[] {
  const marked = inner.replace(classes, (part) => part.replaceAll('|', '\u0000'))
  return marked.split('|').map((part) => part.replaceAll('\u0000', '|'))
}

/** Every character of ASCII is tried: what two starts may both match, they overlap in. */
function overlap(a: string, b: string): boolean {
  if (a === '' || b === '') return true
  const [first, second] = [starter(a), starter(b)]
  for (let code = 0; code < 256; code++) {
    const character = String.fromCharCode(code)
    if (first.test(character) && second.test(character)) return true
  }
  return a === b
}

function starter(token: string): RegExp {
  try {
    return new RegExp(`^(?:${token})$`, 's')
  } catch {
    // Half of a longer escape: take it for anything.
    return /^[^]$/
  }
}

/** Tried at every place of a string, or with two open ends in a row: n² steps for n characters. */
function quadratic(source: string): boolean {
  const open = [...source.replace(classes, 'x').matchAll(unbounded)].length
  return open > (source.startsWith('^') ? 1 : 0)
}
