import { reveal, type Secret } from '@seaworthy/internal'
import { check } from './option-checks.ts'

const minBytes = 32
const placeholders =
  /change[-_ ]?(?:me|this|it)|super[-_ ]?secret|your[-_ ]|placeholder|example|password|replace[-_ ]?(?:me|this)|insecure|dummy|at[-_ ]least|keyboard[-_ ]?cat|0123456789abcdef0123|12345678901234567890/i

/** Checks a secret: at least 32 bytes, random, no published placeholder. No message shows its value. */
export function strongSecret(option: string, secret: string | Secret): string {
  const value: unknown = typeof secret === 'object' && secret !== null ? reveal(secret) : secret
  const rule = `a secret of at least ${minBytes} bytes`
  if (typeof value !== 'string' || value === '')
    return check.failWith(option, rule, value === '' ? 'nothing' : typeof value)
  if (value.includes('-----BEGIN'))
    return check.failWith(option, 'a secret, not a PEM key: those go into "jwt.key"', 'PEM')
  const bytes = Buffer.byteLength(value)
  if (bytes < minBytes) return check.failWith(option, rule, `${bytes} bytes`)
  if (placeholders.test(value))
    return check.failWith(option, 'a secret of your own (try: openssl rand -base64 32)', 'a placeholder')
  const distinct = new Set(value).size
  if (distinct < 8) return check.failWith(option, 'a random secret', `${distinct} different characters`)
  return value
}

/** Checks a client secret that another party has issued: any text that is not empty. */
export function clientSecretOf(option: string, secret: string | Secret, party: string): string {
  const value: unknown = secret === undefined ? undefined : reveal(secret)
  return typeof value === 'string' && value !== ''
    ? value
    : check.failWith(option, `the secret that the ${party} issued`, typeof value)
}
