/** A name with one of these words is a secret's: `secretAccessKey`, `reset_token`, `X-Api-Key`. */
const secretWords: ReadonlySet<string> = new Set([
  'auth',
  'authorization',
  'bearer',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'csrf',
  'cvc',
  'cvv',
  'jwt',
  'mnemonic',
  'oauth',
  'otp',
  'pass',
  'passcode',
  'passphrase',
  'passwd',
  'password',
  'passwords',
  'pem',
  'pin',
  'psk',
  'pw',
  'pwd',
  'salt',
  'secret',
  'secrets',
  'sid',
  'sig',
  'signature',
  'token',
  'tokens',
  'totp',
  'xsrf'
])

/** Words before `key` and `code` that make a secret of it: a primary key and a status code are none. */
const secretKeys =
  'access account admin aes api auth cipher client crypto decryption deploy encryption functions gpg hmac ingest integration jwt license master pgp preshared private rsa secret server service session shared sign signing ssh subscription vapid webhook wrapping write'
const secretCodes =
  'access activation auth authorization backup claim confirm confirmation device gift invitation invite join login mfa otp pairing pass recovery redeem reset security signup unlock verification verify'

const pairsOf = (firsts: string, second: string): string[] =>
  firsts.split(' ').flatMap((first) => [`${first} ${second}`, `${first} ${second}s`])

/** Two words in a row that name a secret together. */
const secretPairs: ReadonlySet<string> = new Set([
  ...pairsOf(secretKeys, 'key'),
  ...pairsOf(secretCodes, 'code'),
  'card number',
  'client assertion',
  'code verifier',
  'connection string',
  'invite link',
  'login link',
  'magic link',
  'recovery phrase',
  'reset link',
  'saml response',
  'security answer',
  'seed phrase',
  'session id'
])

/** The same in one word, as environments and databases write it: `PGPASSWORD`, `refreshtoken`, `apikey`. */
const compoundName = new RegExp(
  `(?:passwords?|passwd|pwd|passphrase|secrets?|tokens?|credentials?|sess(?:ion)?id|(?:admin|db|ftp|mail|mysql|pg|redis|root|smtp|user)p(?:ass|w)|(?:${secretKeys.replaceAll(' ', '|')})keys?)$`
)

/** Words after which a name describes a secret and does not hold it: `tokenType`, `passwordMinLength`. */
const descriptiveWords: ReadonlySet<string> = new Set([
  'algorithm',
  'at',
  'audience',
  'count',
  'enabled',
  'endpoint',
  'error',
  'errors',
  'exception',
  'expiration',
  'expired',
  'expires',
  'expiry',
  'issuer',
  'kind',
  'length',
  'lifetime',
  'limit',
  'method',
  'name',
  'policy',
  'required',
  'scheme',
  'size',
  'status',
  'ttl',
  'type',
  'uri',
  'url',
  'version',
  'warning'
])

/** Words before `tokens` that count those of a language model: `maxTokens`, `prompt_tokens`. */
const counterWords: ReadonlySet<string> = new Set('completion input max min output prompt total'.split(' '))

/** `secretAccessKey`, `SECRET_ACCESS_KEY`, `secret-access-key` → `secret access key`. */
const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean)
    // `password2`, `apiKey1`. A protocol's version is no number of a secret.
    .map((word) => (word === 'oauth2' ? word : word.replace(/(?<=[a-z])\d{1,3}$/, '')))

/** A quick test that every secret's name passes: it decides most names without splitting them into words. */
const hint =
  /pass|pwd?|secret|token|key|cookie|auth|jwt|otp|credential|sig|code|session|sid|pin|cv[cv]|__[hs]|csrf|xsrf|salt|bearer|mnemonic|phrase|link|connection|psk|pem|card|assertion|saml|answer/i

/** Browsers protect cookies of these names. */
const cookiePrefix = /^__(?:host|secure)-/i

/** Whether a parameter, field or member of this name holds a secret. */
export function namesSecret(name: string): boolean {
  if (!hint.test(name)) return false
  if (cookiePrefix.test(name)) return true
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  if (descriptiveWords.has(last) || (last === 'tokens' && counterWords.has(words.at(-2) ?? ''))) return false
  return words.some(
    (word, index) =>
      secretWords.has(word) || compoundName.test(word) || secretPairs.has(`${word} ${words[index + 1]}`)
  )
}
