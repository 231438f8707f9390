import type { IncomingHttpHeaders } from 'node:http'

const lastOfTwo = 'AQgw'
const lastOfThree = 'AEIMQUYcgkosw048'

function endsCanonically(token: string, from: number, to: number): boolean {
  const rest = (to - from) % 4
  if (rest === 0) return true
  const last = token.charAt(to - 1)
  return rest === 2 ? lastOfTwo.includes(last) : rest === 3 && lastOfThree.includes(last)
}

/**
 * Whether the bits that the last characters of its segments carry past the end are zero, or else one token has many
 * spellings. What else a spelling may not be (padding, whitespace, other letters) whoever verifies it refuses.
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

/**
 * The credentials of an `Authorization: Bearer …` header, as they are: whoever verifies them refuses what is no token.
 * `undefined`: there are none (no header, or another scheme).
 */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined || !/^bearer(?:[\s,]|$)/i.test(authorization)) return undefined
  return authorization.charCodeAt(6) === 32 ? authorization.slice(7) : ''
}

/** The claims of a token, unverified: only to choose who verifies it. */
export function peek(token: string, part: 0 | 1): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.', 2)[part] ?? '', 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
