/** A name with one of these words is a secret's: `secretAccessKey`, `reset_token`, `X-Api-Key`. */
const secretWords: ReadonlySet<string> = new Set([
  'apikey',
  'auth',
  'authorization',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'jwt',
  'otp',
  'pass',
  'passphrase',
  'passwd',
  'password',
  'passwords',
  'pwd',
  'secret',
  'secrets',
  'signature',
  'token',
  'tokens'
])

/** Two words in a row that name a secret together. */
const secretPairs: ReadonlySet<string> = new Set([
  'access key',
  'api key',
  'invite code',
  'private key',
  'recovery code',
  'reset code',
  'session id',
  'signing key',
  'verification code'
])

/** Words after which a name describes a secret and does not hold it: `tokenType`, `passwordMinLength`. */
const descriptive: ReadonlySet<string> = new Set([
  'algorithm',
  'count',
  'enabled',
  'endpoint',
  'expires',
  'expiry',
  'kind',
  'length',
  'method',
  'name',
  'policy',
  'required',
  'scheme',
  'status',
  'type',
  'uri',
  'url',
  'version'
])

/** `secretAccessKey`, `SECRET_ACCESS_KEY`, `secret-access-key` → `secret access key`. */
const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean)

/** What every secret's name contains: most names are decided without being taken apart. */
const hint = /pass|pwd|secret|token|key|cookie|auth|jwt|otp|credential|signature|code|session/i

/** Whether a parameter, field or member of this name holds a secret. */
export function namesSecret(name: string): boolean {
  if (!hint.test(name)) return false
  const words = wordsOf(name)
  return (
    !descriptive.has(words.at(-1) ?? '') &&
    words.some((word, index) => secretWords.has(word) || secretPairs.has(`${word} ${words[index + 1]}`))
  )
}
