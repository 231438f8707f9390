const names =
  'pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|authorization|cookie|session(?:id)?|signature|jwt'

const patterns: [RegExp, string][] = [
  // https://user:password@host
  [/(:\/\/)[^/\s:@]{1,256}:[^/\s@]{1,256}@/g, '$1[redacted]@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{1,4096}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g, '[redacted]'],
  // password=…, "token": "…", access_token: …
  [
    new RegExp(
      `([\\w-]{0,32}(?:${names})["'\\\\]{0,3}\\s{0,3}[:=]\\s{0,3}["'\\\\]{0,3})(?!\\[redacted|(?:Bearer|Basic) \\[)[^\\s"',;&}\\\\]{1,4096}`,
      'gi'
    ),
    '$1[redacted]'
  ]
]

/** Takes what looks like a secret out of free text: an error's message, a stack. */
export function scrubText(text: string): string {
  let scrubbed = text
  for (const [pattern, replacement] of patterns) scrubbed = scrubbed.replace(pattern, replacement)
  return scrubbed
}

const secretName = new RegExp(`(?:${names})$`, 'i')

/** Whether a member of this name holds a secret. */
export const namesSecret = (name: string): boolean => secretName.test(name)

const maxPath = 512

/** The path alone, bounded. A query is never logged: tokens travel there. */
export function scrubPath(url: string): string {
  const query = url.indexOf('?')
  let path = query < 0 ? url : url.slice(0, query)
  const parameters = path.indexOf(';')
  if (parameters >= 0) path = path.slice(0, parameters)
  return path.length > maxPath ? `${path.slice(0, maxPath)}…` : path
}
