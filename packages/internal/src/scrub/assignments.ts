import { namesSecret } from './secret-names.ts'

const redacted = '[redacted]'

/**
 * The characters between a name and its value: `password=…`, `"token": "…"`, `access_token: …`, `'x-api-key', '…'`,
 * `<secret>…`, `--password …`, `password%3D…`, `user%5Bpassword%5D=…`, `(token)=(…)`, `setPassword('…')`, `PASSWORD '…'`. The
 * name is read backwards from here: most words are none, and a search that began with them would try each of their letters.
 */
const separator =
  /(?:[\])]|(?:%(?:25){0,3}(?:2[27]|5[CD]|60)){1,3})?["'`\\]{0,4}\s{0,3}(?:=>|:=|->|[:=]|%(?:25){0,3}3[AD])\s{0,3}|["'`\\]{1,4}\s{0,3},\s{0,3}(?=["'`\\])|>(?=[^<>\s])|(?<=--[\w.-]{1,64})\s{1,3}(?=[^\s-])|\(\s{0,3}(?=["'`])|\s{1,3}(?=["'`])/gi

/** Of the words before a text in quotes, only these name a secret: an "unexpected token 'x'" is none. */
const nameBeforeQuote = /(?:passw(?:or)?d|pwd|passphrase|passcode|secret)$/i

const maxName = 64
const isNamePart = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 45 ||
  code === 46

/** Where the name that ends at `end` begins. */
function nameStart(text: string, end: number, least: number): number {
  let start = end
  while (start > least && end - start < maxName && isNamePart(text.charCodeAt(start - 1))) start--
  return start
}

/** Words between a name and its value: `API key provided: …`, `Authorization header: …`. */
const fillerWord = /^(?:provided|given|received|supplied|sent|used|value|header|is|was)$/i

/** Words that name a secret together with the one before them. */
const secondWord = /^(?:keys?|codes?|id|string|phrase|link|number|verifier|answer)$/i

/**
 * The name that ends at `end`, with the word before it, as messages have it: `API key`. `start` is where the first letter of
 * the name is.
 */
function nameAt(text: string, end: number, least: number): { name: string; start: number } {
  let stop = end
  let start = nameStart(text, stop, least)
  for (let fillers = 0; fillers < 2 && start - 1 > least && text[start - 1] === ' '; fillers++) {
    if (!fillerWord.test(text.slice(start, stop))) break
    stop = start - 1
    start = nameStart(text, stop, least)
  }
  const name = text.slice(start, stop)
  if (text[start - 1] === '%') {
    const escaped = /^(?:25)*[\da-f]{2}/i.exec(name)?.[0].length ?? 0
    return { name: name.slice(escaped), start: start + escaped }
  }
  if (start - 1 <= least || text[start - 1] !== ' ' || namesSecret(name)) return { name, start }
  return secondWord.test(name)
    ? { name: text.slice(nameStart(text, start - 1, least), stop), start }
    : { name, start }
}

/** Headers whose value is a list of secrets: all of the line is one. */
const wholeLine = /(?:^|[.-])(?:cookies?|authorization)$/i

/** In quotes, in escaped quotes as JSON within JSON has them, or up to the next separator. */
const quoted = /"(?:[^"\\]|\\[\s\S]){1,8192}"?|'(?:[^'\\]|\\[\s\S]){1,8192}'?|`(?:[^`\\]|\\[\s\S]){1,8192}`?/y
const escaped = /\\{1,3}["'](?:[^"'\\]){1,8192}/y
const word = /[^\s"',;&}<>\\]{1,8192}/y
/** A line, with those that continue it: they begin with a space, as the frames of a stack do. */
const line = /[^\r\n"'][^\r\n]{0,8192}(?:\r?\n[ \t](?!\s*at )[^\r\n]{0,8192}){0,8}/y

/** Names that hold a secret in the query of a URL: `?code=…` of OAuth, `&sig=…` of a signed address. */
const inQuery: ReadonlySet<string> = new Set(['code', 'key'])

/** Values that are no secret: `auth: false`. */
const plainValue = /^(?:true|false|null|undefined)$/

/** The prefix of this project's own log lines, `auth: the session …`, is no name with a value. */
const isLinePrefix = (name: string, start: number, between: string): boolean =>
  start === 0 && name === 'auth' && between === ': '

/** Whether a word before a space is no name with a value. `--password "…"` is one. */
const isProse = (name: string): boolean => !nameBeforeQuote.test(name) && !name.startsWith('--')

/** The line and column of a frame: `tokens.js:12:5` is a file. */
const placeInFile = /^\d+(?::\d+)?\)?$/
const fileName = /\.[cm]?[jt]sx?$/

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** A list or an object up to its last bracket, or to the end of a text that was cut. */
function bracketed(text: string, at: number): string {
  let depth = 0
  const end = Math.min(text.length, at + 8192)
  for (let index = at; index < end; index++) {
    const character = text[index]!
    if ('[{('.includes(character)) depth++
    else if (']})'.includes(character)) depth--
    if (depth === 0) return text.slice(at, index + 1)
  }
  return text.slice(at, end)
}

function valueAt(text: string, at: number, name: string): string {
  const first = text[at]
  if (first === '[' || first === '{' || first === '(')
    return text.startsWith(redacted, at) ? redacted : bracketed(text, at)
  if (first === '"' || first === "'" || first === '`') return matchAt(quoted, text, at)
  if (first === '\\') return matchAt(escaped, text, at)
  return matchAt(wholeLine.test(name) ? line : word, text, at)
}

/** Only the value of a secret is read as a value: `https://a/?token=…` has one within what follows `https:`. */
export function scrubAssignments(text: string): string {
  let scrubbed = ''
  let end = 0
  let least = 0
  for (const { 0: between, index } of text.matchAll(separator)) {
    const { name, start } = nameAt(text, index, least)
    least = index + between.length
    if (name === '' || start < end) continue
    const isParameter = inQuery.has(name) && /[?&]/.test(text[start - 1] ?? '')
    if (!isParameter && !namesSecret(name)) continue
    if (isLinePrefix(name, start, between) || (between.trim() === '' && isProse(name))) continue
    const value = valueAt(text, least, name)
    if (value === '' || plainValue.test(value) || value.replace(/^["'`\\]+/, '').startsWith(redacted))
      continue
    if (fileName.test(name) && placeInFile.test(value)) continue
    const quote = /^\\*["'`]/.exec(value)?.[0] ?? ''
    const close = quote !== '' && value.endsWith(quote) && value.length > quote.length ? quote : ''
    scrubbed += text.slice(end, least) + quote + redacted + close
    end = least + value.length
  }
  return scrubbed + text.slice(end)
}
