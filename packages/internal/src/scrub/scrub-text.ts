import { scrubAssignments } from './assignments.ts'

const redacted = '[redacted]'

/** `needs` is a part of each text that matches: a search for it costs little, and most texts have none. */
type Rule = readonly [needs: string, pattern: RegExp, replacement: string]

/** Addresses whose path often has an `@`: those of modules in a stack have a package's version or scope there. */
const plainSchemes = 'https?|wss?|file|node|data|blob|webpack(?:-internal)?'

const rules: readonly Rule[] = [
  // Keys and other blocks of PEM, also where the text is cut off before the end of the block.
  ['BEGIN ', /-{4,5} ?BEGIN [A-Z\d ]{1,60}-{4,5}[\s\S]*?(?:-{4,5} ?END [A-Z\d ]{1,60}-{4,5}|$)/g, redacted],
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
  ['%40', /%3A%2F%2F[^\s"'&<>]{1,1024}%40/gi, `%3A%2F%2F${redacted}%40`],
  // A cookie or an authorization without a colon: `sent cookie a=1; b=2`, `Authorization Token abc`.
  ['', /\b((?:set-)?cookies?)\s{1,3}[\w.-]{1,128}=[^\r\n]{1,8192}/gi, `$1 ${redacted}`],
  [
    'uthorization',
    /\b([Aa]uthorization)\s{1,3}(?:header\s{1,3})?[A-Z][\w-]{1,64}\s{1,3}[^\r\n]{1,8192}/g,
    `$1 ${redacted}`
  ],
  ['', /\b(Bearer|Basic|DPoP|Digest|Negotiate|NTLM|ApiKey)\s+[\w.~+/=-]{4,8192}/gi, `$1 ${redacted}`],
  // JSON Web Tokens.
  ['eyJ', /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g, redacted]
]

/** Removes what looks like a secret from free text: an error's message, a stack, a connection string. */
export function scrubText(text: string): string {
  let scrubbed = text
  for (const [needs, pattern, replacement] of rules) {
    if (scrubbed.includes(needs)) scrubbed = scrubbed.replace(pattern, replacement)
  }
  return scrubAssignments(scrubbed)
}
