import { isObject } from '@seaworthy/internal'

/** The last letters of a segment whose unused bits are zero, by the length of its last group. */
const lastOfTwo = 'AQgw'
const lastOfThree = 'AEIMQUYcgkosw048'

function endsCanonically(token: string, from: number, to: number): boolean {
  const rest = (to - from) % 4
  if (rest === 0) return true
  const last = token.charAt(to - 1)
  return rest === 2 ? lastOfTwo.includes(last) : rest === 3 && lastOfThree.includes(last)
}

/**
 * Whether the unused bits at the end of each segment are zero. Otherwise one token would have many spellings. Padding,
 * whitespace and other letters are rejected by the verifiers.
 */
export function isCanonical(token: string): boolean {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  return (
    endsCanonically(token, 0, first) &&
    endsCanonically(token, first + 1, second) &&
    endsCanonically(token, second + 1, token.length)
  )
}

/** The unverified header or claims of a token. Use them only to select the verifier. */
export function decodeUnverified(
  token: string,
  segment: 'header' | 'claims'
): Record<string, unknown> | undefined {
  const text = token.split('.', 2)[segment === 'header' ? 0 : 1] ?? ''
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
