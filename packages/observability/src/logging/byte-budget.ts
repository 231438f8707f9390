import { scrubText } from './scrub-path.ts'

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text))

// What "… (5000000 more)" takes.
const mark = 24

/** The beginning of a text that takes at most so many bytes as JSON. */
function within(text: string, bytes: number): string {
  // No character takes more than six: most texts need no look.
  if (text.length * 6 + 2 <= bytes) return text
  let part = text.slice(0, Math.max(0, bytes))
  for (let size = jsonBytes(part); size > bytes && part !== ''; size = jsonBytes(part)) {
    part = part.slice(0, Math.min(part.length - 1, Math.floor((part.length * bytes) / size)))
  }
  return part
}

/** A text without secrets that takes at most so many bytes as JSON, and says how much is missing. */
export function bounded(text: string, bytes: number): string {
  // Cut first, so that scrubbing looks at little; then again, because scrubbing may lengthen.
  const whole = within(text, bytes)
  const head = whole.length === text.length ? whole : within(text, bytes - mark)
  const clean = scrubText(head)
  const kept = within(clean, bytes)
  if (head.length === text.length && kept.length === clean.length) return kept
  return `${within(clean, bytes - mark)}… (${Math.max(1, text.length - head.length)} more)`
}

/** How many bytes of JSON may still be written: texts share them, and the first ones get theirs. */
export class Budget {
  left: number

  constructor(bytes: number) {
    this.left = bytes
  }

  /** Whether something that is worth reading still fits. */
  get spent(): boolean {
    return this.left < 128
  }

  text(value: string, limit: number): string {
    const text = bounded(value, Math.min(limit, Math.max(this.left, mark * 2)))
    this.pay(jsonBytes(text))
    return text
  }

  /** For what is written around the texts: names, braces, numbers. */
  pay(bytes: number): void {
    this.left -= bytes
  }
}
