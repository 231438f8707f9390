// Runs the tests under the Node that runs this file, the slow files first, and closes with the time of each file of more
// than a second, the failures and "N passed, N failed".
//   npm test                       everything
//   npm test -- --quick            what has changed since main, without the slow files
//   npm test -- --quick health     the same of these packages
//   npm test -- packages/health/test/plugin.test.ts packages/auth/test      files and folders
//   npm test -- --grep=readiness packages/health/test      with an option everything goes to tap itself
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { affected } from './changed.mjs'
import { inGroups } from './groups.mjs'
import { installServers } from './servers.mjs'
import { runFiles } from './suite.mjs'

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

/** The test files of patterns; forward slashes everywhere. */
const found = (...patterns) =>
  [...new Set(globSync(patterns).map((file) => file.replaceAll('\\', '/')))].toSorted()

/** The tests of packages, without the slow files. */
function quickTests(names) {
  for (const name of names) {
    if (!existsSync(`packages/${name}/test`)) throw new Error(`there is no package ${name} with tests`)
  }
  return found(...names.map((name) => `packages/${name}/test/**/*.test.ts`)).filter(
    (file) => !slow.includes(file)
  )
}

/** The tests of files, folders and patterns. */
function testsOf(names) {
  const isFolder = (name) => existsSync(name) && statSync(name).isDirectory()
  const files = names.map((name) =>
    found(isFolder(name) ? `${name.replace(/[\\/]$/, '')}/**/*.test.ts` : name)
  )
  const missing = names.filter((_, index) => files[index].length === 0)
  if (missing.length > 0) throw new Error(`there are no tests at ${missing.join(', ')}`)
  return [...new Set(files.flat())]
}

/** The slow files first, so that none of them begins while the others come to their end. */
function inOrder(files) {
  const rank = (file) => (slow.includes(file) ? slow.indexOf(file) : slow.length)
  return files.toSorted((a, b) => rank(a) - rank(b))
}

/** The failed assertions of a file, innermost first, each with the lines that explain it. */
function failuresIn(output) {
  const failures = []
  for (const line of output.split('\n')) {
    if (/^ *not ok /.test(line)) failures.push([line])
    else if (failures.length > 0 && failures.at(-1).length < 60) {
      if (/^ *(?:ok|# Subtest)/.test(line)) failures.push([])
      else if (failures.at(-1).length > 0) failures.at(-1).push(line)
    }
  }
  return failures.flat()
}

installServers()
const isQuick = process.argv.includes('--quick')
const others = process.argv.slice(2).filter((argument) => argument !== '--quick')

if (others.some((argument) => argument.startsWith('-'))) {
  const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist[\\/].*$/, 'dist/esm/run.mjs')
  process.exit(spawnSync(process.execPath, [tap, ...others], { stdio: 'inherit' }).status ?? 1)
}

const packages = others.map((argument) => argument.replace(/^packages\//, '').replace(/\/$/, ''))
const isWhole = !isQuick && others.length === 0
const files = isQuick
  ? quickTests(packages.length > 0 ? packages : changedPackages())
  : isWhole
    ? found('packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts')
    : testsOf(others)
if (files.length === 0) {
  console.log(
    'There are no quick tests to run: no package has changed since main, or all its files are slow.'
  )
  process.exit(0)
}

// V8's code and the sources without their types, which thousands of processes share. It grows by what has changed.
const compiled = resolve('node_modules/.cache/compiled')
if (isWhole) rmSync(compiled, { recursive: true, force: true })

const start = performance.now()
const groups = inGroups(inOrder(files), slow)
const results = await runFiles(groups, { ...process.env, NODE_COMPILE_CACHE: compiled })
const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
for (const { file, seconds } of results.toSorted((a, b) => b.seconds - a.seconds)) {
  if (seconds >= 1) console.log(`# ${seconds.toFixed(0).padStart(4)} s  ${file}`)
}
console.log(
  `# ${results.length} files in ${((performance.now() - start) / 1000).toFixed(0)} s, ${seconds.toFixed(0)} s side by side`
)
for (const { file, output, counts, broken } of results) {
  if (counts.fail > 0 || broken)
    console.log([`# failed: ${file}`, ...(broken ? [`# ${broken}`] : []), ...failuresIn(output)].join('\n'))
}

const sum = (count) => results.reduce((total, result) => total + count(result), 0)
const skipped = sum(({ counts }) => counts.skip)
const skipFails = skipped > 0 && process.env.CI === 'true'
const failed = sum(({ counts, broken }) => counts.fail + (broken ? 1 : 0)) + (skipFails ? skipped : 0)
if (skipFails) console.log('A skipped test is a failure when CI=true.')
console.log(
  `${sum(({ counts }) => counts.pass)} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
)
process.exitCode = failed > 0 ? 1 : 0
