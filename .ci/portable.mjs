// npm run test:portable [-- --list]: the tests that need nothing of Linux, for macOS and Windows.
// A test is portable when neither it nor a file it imports starts a program, sends a signal or reads /proc.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const starts =
  /\b(?:start[A-Z]\w*|startNode|start|requires|run|releaseLocally|commandPath)\b[^}]*\} from '@seaworthy\/testing'/s
const linux = [
  [/from '(?:node:)?(?:child_process|cluster)'/, 'starts a program'],
  [starts, 'starts a program'],
  [/process\.kill\(|\.kill\('SIG|process\.emit\('SIG/, 'sends a signal'],
  [/\/proc\/|\.sock\b|heapUsed|gc\(\)/, 'asks what only Linux answers the same each time']
]

/** Why a file is not portable, or undefined. */
function reason(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return undefined
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  const reason = linux.find(([pattern]) => pattern.test(text))
  if (reason) return `${file.replaceAll('\\', '/')} ${reason[1]}`
  for (const [, path] of text.matchAll(/from '(\.[^']+)'/g)) {
    const other = join(dirname(file), path)
    const why = other.includes('src') ? undefined : reason(other, seen)
    if (why) return why
  }
  return undefined
}

const files = globSync('packages/*/test/**/*.test.ts').sort()
const reasons = new Map(files.map((file) => [file, reason(file)]))
const portable = files.filter((file) => !reasons.get(file))
if (process.argv.includes('--list')) {
  for (const [file, why] of reasons) console.log(`${why ? '  no' : ' yes'}  ${file}${why ? `: ${why}` : ''}`)
} else {
  const { status } = spawnSync(process.execPath, ['.ci/test.mjs', ...portable], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
