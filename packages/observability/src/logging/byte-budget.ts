import { scrubText } from '@seaworthy/internal'

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text))

// The bytes of "… (5000000 more)".
const markBytes = 24

/** The beginning of a text that takes at most so many bytes as JSON. */
function fitting(text: string, bytes: number): string {
  // No character takes more than six bytes: most texts need no measuring.
  if (text.length * 6 + 2 <= bytes) return text
  let part = text.slice(0, Math.max(0, bytes))
  for (let size = jsonBytes(part); size > bytes && part !== ''; size = jsonBytes(part)) {
    part = part.slice(0, Math.min(part.length - 1, Math.floor((part.length * bytes) / size)))
  }
  return part
}

/** How far behind the cut the end of a secret is still found: half a secret would no longer look like one. */
const lookahead = 2048

/** A text without secrets that takes at most so many bytes as JSON. It ends with the number of missing characters. */
function boundedText(text: string, bytes: number): string {
  // Shortened first, so that scrubbing reads little.
  const head = text.length > bytes + lookahead ? text.slice(0, bytes + lookahead) : text
  const clean = scrubText(head)
  const kept = fitting(clean, bytes)
  if (head.length === text.length && kept.length === clean.length) return kept
  const part = fitting(clean, bytes - markBytes)
  return `${part}… (${Math.max(1, text.length - part.length)} more)`
}

/** The bytes of JSON that may still be written. Texts share them; earlier ones take theirs first. */
export class ByteBudget {
  left: number

  constructor(bytes: number) {
    this.left = bytes
  }

  /** Whether too little is left for anything useful. */
  get spent(): boolean {
    return this.left < 128
  }

  text(value: string, limit: number): string {
    const text = boundedText(value, Math.min(limit, Math.max(this.left, markBytes * 2)))
    this.pay(jsonBytes(text))
    return text
  }

  /** For the bytes around the texts: names, braces, numbers. */
  pay(bytes: number): void {
    this.left -= bytes
  }
}
