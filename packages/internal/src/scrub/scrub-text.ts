import { namesSecret } from './secret-names.ts'

const redacted = '[redacted]'

type Rule = readonly [pattern: RegExp, replacement: string | ((match: string, ...groups: string[]) => string)]

const rules: readonly Rule[] = [
  // Private keys, also where the text is cut off before the end of the block.
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, redacted],
  // Credentials in a URL: `user:password@`, `:password@`, `token@`. In a web address the path ends them.
  [/\b(https?|wss?):\/\/[^/\s@"'<>]{1,1024}@/gi, `$1://${redacted}@`],
  // Connection strings are often written with a password that has a `/`: the last `@` ends it.
  [
    /\b((?!https?:|wss?:)[a-z][a-z\d+.-]{1,30}):\/\/[^\s@"'<>]{0,1024}(?:@[^\s@"'<>/]{0,1024})*@/gi,
    `$1://${redacted}@`
  ],
  // Header lines: every pair of a cookie, and every scheme of authorization.
  [
    /\b((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s{0,3}[:=]\s{0,3}["'[]{0,2})[^\r\n"'\]]{1,8192}/gi,
    `$1$2${redacted}`
  ],
  [/\b(Bearer|Basic|DPoP|Digest|Negotiate)\s+[\w.~+/=-]{4,8192}/gi, `$1 ${redacted}`],
  // JSON Web Tokens.
  [/\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g, redacted],
  // `password=…`, `"token": "…"`, `access_token: …`.
  [
    /([\w-]{1,64})(["'\\]{0,3}\s{0,3}[:=]\s{0,3})(?:"((?:[^"\\]|\\.){1,4096})"?|'((?:[^'\\]|\\.){1,4096})'?|([^\s"',;&}\\]{1,4096}))/g,
    (match, name, between, double, single, bare) => {
      const value = double ?? single ?? bare ?? ''
      if (value.startsWith(redacted) || !namesSecret(name)) return match
      const quote = double !== undefined ? '"' : single !== undefined ? "'" : ''
      return `${name}${between}${quote}${redacted}${quote}`
    }
  ]
]

/** Removes what looks like a secret from free text: an error's message, a stack, a connection string. */
export function scrubText(text: string): string {
  let scrubbed = text
  for (const [pattern, replacement] of rules) {
    scrubbed =
      typeof replacement === 'string'
        ? scrubbed.replace(pattern, replacement)
        : scrubbed.replace(pattern, replacement)
  }
  return scrubbed
}
