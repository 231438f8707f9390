// Words that the project does not use, in code, comments, tests and documents. CONTRIBUTING has the glossary.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The code of packages in which no value has a participle as its name. */
const namedByRole = /^(?:packages|examples)\/[a-z-]+\/(?:src|test)\/.*\.ts$/

/** Each pattern with the reason that a reader gets, and the files in which it counts, if not in all. */
const patterns = [
  [/\bWhat [a-z' ]+ says\b/, 'use a noun phrase'],
  [
    /(?:\/\*\*|^\s*\*|\/\/|^#) +(?:What|Who|Whom)\b(?!.*\?)/,
    'open the comment with a subject and a verb, or with a noun'
  ],
  [/\b[Ww]hoever\b/, 'use a subject and a verb: "the first caller that …"'],
  [/\b(?:[Nn]obody|[Ss]omebody)\b/, 'name the person or program: "no client", "a user"'],
  [/\b[Tt]old\b/, 'say who informs whom of what, or name the data'],
  [/(?:\/\*\*|\/\/) +Says\b/, 'use the verb of what happens: "Logs …", "Returns …"'],
  [/\bstart is refused\b/, 'an option stops the start'],
  [
    /\b(?:const|let|var|function)\s+(?:[{[][^=]*[\s:,{[])?(?:own|given|known|said)\b(?=\s*[=:,)}\]]|\()|[(,]\s*(?:own|given|known|said)\s*(?:\)\s*(?:=>|\{|:)|[:,][^)]*\)\s*(?:=>|:\s*\w+|\{))/,
    'name the value by its role, not by a participle',
    namedByRole
  ],
  [/\b(?:const|let) (?:asked|given|said)\b/, 'name the data with a noun'],
  [/\b[Aa] stranger\b/, 'say whose client, peer or key it is: "an untrusted client"']
]

/** Prints each line with such a word and gives the exit status. */
export function checkLanguage() {
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8'
  })
    .split('\n')
    .filter(
      (file) =>
        !/(?:^|\/)(?:pnpm-lock\.yaml|language\.mjs)$|\.(?:png|svg|ico|pem)$|\bapi\.d\.ts$/.test(file) &&
        file !== 'CONTRIBUTING.md'
    )
  let found = 0
  for (const file of tracked) {
    let text
    try {
      text = readFileSync(join(root, file), 'utf8')
    } catch {
      continue // Deleted, and not committed yet.
    }
    for (const [index, line] of text.split('\n').entries()) {
      for (const [pattern, advice, files] of patterns) {
        if (!pattern.test(line) || files?.test(file) === false) continue
        console.error(`${file}:${index + 1}: ${pattern.exec(line)[0]}: ${advice}`)
        found++
      }
    }
  }
  return found > 0 ? 1 : 0
}
