const placeholders =
  /change[-_ ]?(?:me|this|it)|super[-_ ]?secret|your[-_ ]|placeholder|example|password|replace[-_ ]?(?:me|this)|insecure|dummy|at[-_ ]least|keyboard[-_ ]?cat|0123456789abcdef0123|12345678901234567890/i

/** Fewer different characters or bytes are a pattern: no 32 random bytes have so few. */
const minDistinct = 8

/** Why a secret is known or easy to guess, in words that do not show it. `undefined`: it is not. */
export function secretWeakness(secret: string | Buffer): string | undefined {
  if (placeholders.test(typeof secret === 'string' ? secret : secret.toString('latin1')))
    return 'a placeholder'
  const distinct = new Set<unknown>(secret).size
  return distinct < minDistinct ? `${distinct} different characters` : undefined
}
