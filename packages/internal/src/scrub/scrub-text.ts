import { namesSecret } from './secret-names.ts'

const redacted = '[redacted]'

type Rule = readonly [pattern: RegExp, replacement: string]

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
  [/\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g, redacted]
]

/** The beginning of `password=…`, `"token": "…"`, `access_token: …`. */
const assignment = /([\w-]{1,64})["'\\]{0,3}\s{0,3}[:=]\s{0,3}/g
/** In double or single quotes, in escaped quotes as JSON within JSON has them, or up to the next separator. */
const assigned =
  /"(?:[^"\\]|\\.){1,4096}"?|'(?:[^'\\]|\\.){1,4096}'?|\\{1,3}["'](?:[^"'\\]){1,4096}|[^\s"',;&}\\]{1,4096}/y

/** Only the value of a secret is read as a value: `https://a/?token=…` has one within what follows `https:`. */
function scrubAssignments(text: string): string {
  let scrubbed = ''
  let end = 0
  for (const { 0: start, 1: name = '', index } of text.matchAll(assignment)) {
    if (index < end || !namesSecret(name)) continue
    assigned.lastIndex = index + start.length
    const [value = ''] = assigned.exec(text) ?? []
    if (value === '' || value.replace(/^["'\\]+/, '').startsWith(redacted)) continue
    const quote = /^\\*["']/.exec(value)?.[0] ?? ''
    const close = quote !== '' && value.endsWith(quote) && value.length > quote.length ? quote : ''
    scrubbed += text.slice(end, assigned.lastIndex - value.length) + quote + redacted + close
    end = index + start.length + value.length
  }
  return scrubbed + text.slice(end)
}

/** Removes what looks like a secret from free text: an error's message, a stack, a connection string. */
export function scrubText(text: string): string {
  let scrubbed = text
  for (const [pattern, replacement] of rules) scrubbed = scrubbed.replace(pattern, replacement)
  return scrubAssignments(scrubbed)
}
