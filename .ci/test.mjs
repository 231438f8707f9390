// Runs tap under the Node that runs this file, streams its output, closes with the slowest files, the failures and "N passed, N failed".
//   npm test                       everything
//   npm test -- --quick            what has changed since main, without the slow files
//   npm test -- --quick health     the same of these packages
//   npm test -- packages/health/test/plugin.test.ts      other arguments go to tap
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { affected } from './changed.mjs'
import { installServers } from './servers.mjs'

const slow = readFileSync('.ci/slow-tests.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
for (const file of slow) {
  if (!existsSync(file)) throw new Error(`.ci/slow-tests.txt names ${file}, which does not exist`)
}

/** The packages that have changed since main. */
function changedPackages() {
  const git = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
  const [base = 'HEAD'] = git('merge-base', 'main', 'HEAD')
  return affected([...git('diff', '--name-only', base), ...git('ls-files', '--others', '--exclude-standard')])
}

/** The tests of packages, without the slow files. */
function quickTests(names) {
  for (const name of names) {
    if (!existsSync(`packages/${name}/test`)) throw new Error(`there is no package ${name} with tests`)
  }
  return names
    .flatMap((name) => globSync(`packages/${name}/test/**/*.test.ts`))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !slow.includes(file))
}

installServers()
const isQuick = process.argv.includes('--quick')
const others = process.argv.slice(2).filter((argument) => argument !== '--quick')
const packages = others.map((argument) => argument.replace(/^packages\//, '').replace(/\/$/, ''))
const args = isQuick ? quickTests(packages.length > 0 ? packages : changedPackages()) : others
if (isQuick && args.length === 0) {
  console.log(
    'There are no quick tests to run: no package has changed since main, or all its files are slow.'
  )
  process.exit(0)
}

const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist[\\/].*$/, 'dist/esm/run.mjs')
const child = spawn(process.execPath, [tap, ...args], { stdio: ['inherit', 'pipe', 'inherit'] })
const times = []
// The failures of the file that is being read, innermost first, and those of all files. A log that keeps its end shows them.
let failures = []
const failed = []
let tail = ''
let line = ''
child.stdout.on('data', (data) => {
  process.stdout.write(data)
  tail = (tail + data).slice(-4096)
  const lines = (line + data).split('\n')
  line = lines.pop()
  for (const text of lines) {
    readLine(text)
  }
})

/** Notes a line of tap: a failure with the lines that explain it, or the end of a file. */
function readLine(text) {
  const [, not, file, time] = /^(not )?ok \d+ - (\S+\.test\.ts) # time=([\d.]+)/.exec(text) ?? []
  if (file) {
    times.push({ file, seconds: Number(time) / 1000 })
    if (not) failed.push({ file, failures })
    failures = []
  } else if (/^ +not ok /.test(text)) failures.push([text])
  else if (failures.length > 0 && failures.at(-1).length < 60) {
    if (/^ +(?:ok|# Subtest)/.test(text)) failures.push([])
    else if (failures.at(-1).length > 0) failures.at(-1).push(text)
  }
}
child.on('close', (code) => {
  const slowest = times.toSorted((a, b) => b.seconds - a.seconds).slice(0, 15)
  for (const { file, seconds } of slowest) console.log(`# ${seconds.toFixed(0).padStart(4)} s  ${file}`)
  for (const { file, failures } of failed) console.log([`# failed: ${file}`, ...failures.flat()].join('\n'))
  const totals = [...tail.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)
  const count = (key) => Number(totals?.[1].match(new RegExp(`\\b${key}: (\\d+)`))?.[1] ?? 0)
  const skipped = count('skip')
  const skipFails = skipped > 0 && process.env.CI === 'true'
  if (skipFails) console.log('A skipped test is a failure when CI=true.')
  console.log(
    `${count('pass')} passed, ${count('fail') + (skipFails ? skipped : 0)} failed${skipped ? `, ${skipped} skipped` : ''}`
  )
  process.exitCode = code || (totals && count('pass') > 0 && !skipFails ? 0 : 1)
})
