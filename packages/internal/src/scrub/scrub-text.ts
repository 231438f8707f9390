import { scrubAssignments } from './assignments.ts'
import { namesSecret } from './secret-names.ts'

const redacted = '[redacted]'

/** `needs` is a part of each text that matches: a search for it costs little, and most texts have none. */
type Rule = readonly [needs: string, pattern: RegExp, replacement: string | Replace]
type Replace = (whole: string, ...groups: string[]) => string

const duplicateEntry: Replace = (whole, key = '') =>
  namesSecret(key) ? `Duplicate entry '${redacted}' for key '${key}'` : whole

const namedValue: Replace = (whole, start = '', name = '', between = '') =>
  namesSecret(name) ? `${start}${name}${between}"${redacted}"` : whole

/** Addresses whose path often has an `@`: those of modules in a stack have a package's version or scope there. */
const plainSchemes = 'https?|wss?|file|node|data|blob|webpack(?:-internal)?'

const rules: readonly Rule[] = [
  // Keys and other blocks of PEM, also where the text is cut off before the end of the block.
  [
    'BEGIN',
    /-{4,5}(?: |\+|%20)?BEGIN[A-Z\d +%]{2,60}-{4,5}[\s\S]*?(?:-{4,5}(?: |\+|%20)?END[A-Z\d +%]{2,60}-{4,5}|$)/g,
    redacted
  ],
  // Credentials in a URL: `user:password@`, `:password@`, `token@`. The path of an address ends them.
  ['@', /\b(https?|wss?):\/\/[^/\s"'<>]{1,1024}@/gi, `$1://${redacted}@`],
  // A password with a `/` or a quote: what follows the colon is no port, and the last `@` ends it.
  [
    '@',
    /\b([a-z][a-z\d+.-]{0,30}):\/\/[^/\s@:"'<>]{0,256}:(?!\d{1,5}(?:[/?#\s"'`,;)\]}>]|$))[^\s@]{0,1024}(?:@[^\s@"'<>]{0,1024})*@/gi,
    `$1://${redacted}@`
  ],
  // Connection strings are often written with a password that has a `/` or a space.
  [
    '@',
    new RegExp(
      String.raw`\b((?!(?:${plainSchemes}):)[a-z][a-z\d+.-]{1,30}):\/\/(?!\/)(?:[^\s@"'<>]{0,1024}|[^/\s@:"'<>]{0,256}:(?!\d{1,5}(?:[/?#\s"',;)\]}]|$))[^\r\n@]{0,256})(?:@[^\s@"'<>]{0,1024})*@`,
      'gi'
    ),
    `$1://${redacted}@`
  ],
  // Without a scheme: `//user:password@host`, `user:password@tcp(host)`; and escaped, as a parameter of another URL.
  ['@', /(^|[^:\w/])\/\/[^\s/@:"'<>]{0,256}:[^\s@"'<>]{1,1024}@/g, `$1//${redacted}@`],
  ['@', /\b([\w.+-]{1,64}):[^\s@:/"'<>[\]]{3,256}@(?=[a-z([]|\d+\.\d+\.\d+\.\d+)/gi, `$1:${redacted}@`],
  // Oracle's: `scott/tiger@//db:1521`.
  ['@', /\b(oracle:(?:thin|oci\d?):[^\s/@:]{0,128})\/[^\s@]{1,256}@/gi, `$1/${redacted}@`],
  ['@//', /\b([\w$#.-]{1,64})\/[^\s/@"'<>]{1,256}@\/\//g, `$1/${redacted}@//`],
  ['%40', /%3A%2F%2F[^\s"'&<>]{1,1024}%40/gi, `%3A%2F%2F${redacted}%40`],
  // A cookie or an authorization without a colon: `sent cookie a=1; b=2`, `Authorization Token abc`.
  ['', /\b((?:set-)?cookies?)\s{1,3}\\{0,3}["'`]?[\w.-]{1,128}=[^\r\n]{1,8192}/gi, `$1 ${redacted}`],
  [
    'uthorization',
    /\b([Aa]uthorization)\s{1,3}(?:header\s{1,3})?\\{0,3}["'`]?[A-Z][\w-]{1,64}\s{1,3}[^\r\n]{1,8192}/g,
    `$1 ${redacted}`
  ],
  ['', /\b(Bearer|Basic|DPoP|Digest|Negotiate|NTLM|ApiKey)\s+[\w.~+/=-]{4,8192}/gi, `$1 ${redacted}`],
  // The commands of programs: `curl -u user:password`, `mysql -ppassword`, `redis-cli -a password`.
  [
    'curl',
    /\b(curl\b[^\n]{0,256}?\s(?:-u|--user|--proxy-user)[\s=]{0,3}["']?[^\s:"'/]{1,128}):[^\s"']{1,1024}/g,
    `$1:${redacted}`
  ],
  [' -', /\b((?:(?:redis|valkey)-cli\b[^\n]{0,256}?\s-a|sshpass\s-p)\s{0,3})\S{1,1024}/g, `$1${redacted}`],
  [' -p', /\b((?:mysql|mariadb)[\w-]{0,16}\s(?:[^\n]{0,256}?\s)?-p)(?![\s-])\S{1,1024}/g, `$1${redacted}`],
  // A variable of a list: `{ name: 'DB_PASSWORD', value: '…' }`, `<add key="Password" value="…"/>`.
  [
    'value',
    /\b((?:name|key)["']?\s{0,3}[:=]\s{0,3}["'])([\w.-]{1,64})(["']\s{0,3},?\s{0,3}["']?value["']?\s{0,3}[:=]\s{0,3})("[^"]{1,8192}"?|'[^']{1,8192}'?)/gi,
    namedValue
  ],
  // MySQL quotes the value that exists already.
  ['Duplicate entry', /\bDuplicate entry '[^\n]{0,1024}?' for key '([^'\n]{1,200})'/g, duplicateEntry],
  // Addresses whose path is the secret.
  ['/bot', /\/bot\d{6,12}:[\w-]{10,128}/g, `/bot${redacted}`],
  ['hooks.slack.com', /\b(hooks\.slack\.com\/\w{1,20}\/)[\w/-]{8,256}/g, `$1${redacted}`],
  ['webhooks/', /\b(api\/(?:v\d{1,2}\/)?webhooks\/\d{1,32}\/)[\w-]{8,256}/g, `$1${redacted}`],
  // Keys that show what they are: those of GitHub, GitLab, Slack, Stripe, npm, SendGrid, AWS, Google and age.
  [
    '',
    /\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|xox[abeoprs]-[\w-]{10,255}|[rs]k_(?:live|test)_\w{10,255}|sk-[\w-]{20,255}|whsec_[\w+/=]{10,255}|npm_\w{30,255}|SG\.[\w-]{16,64}\.[\w-]{16,128}|A[KS]IA[A-Z\d]{16}|AIza[\w-]{30,64}|ya29\.[\w-]{20,512}|AGE-SECRET-KEY-1[A-Z\d]{20,128})/g,
    redacted
  ],
  // JSON Web Tokens.
  ['eyJ', /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g, redacted]
]

/** Removes what looks like a secret from free text: an error's message, a stack, a connection string. */
export function scrubText(text: string): string {
  let scrubbed = text
  for (const [needs, pattern, replacement] of rules) {
    if (scrubbed.includes(needs)) scrubbed = scrubbed.replace(pattern, replacement as string)
  }
  return scrubAssignments(scrubbed)
}
