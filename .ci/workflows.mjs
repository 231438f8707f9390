// The workflows are valid, and run only code that is pinned: a tag can be moved, a commit cannot.
import { globSync, readFileSync } from 'node:fs'
import { run } from './tool.mjs'

const pinned = /^\s*(?:- )?uses: (?:\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/

export function checkWorkflows() {
  const files = globSync('.github/workflows/*.yml').sort()
  const found = []
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    for (const [index, line] of text.split('\n').entries()) {
      if (/\buses:/.test(line) && !pinned.test(line)) {
        found.push(
          `${file}:${index + 1}: an action is named by its commit and version: owner/name@SHA # v1.2.3`
        )
      }
    }
    if (/secrets\.NPM/.test(text)) found.push(`${file}: npm trusts the workflow itself, no token is kept`)
    if (!/^permissions:/m.test(text)) found.push(`${file}: what it may do is to be stated: permissions`)
  }
  for (const fault of found) console.error(fault)
  const validate = (file) => run('@action-validator/cli', [file], { command: 'action-validator' })
  return Math.max(found.length > 0 ? 1 : 0, ...files.map(validate))
}
