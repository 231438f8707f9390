// Runs test files side by side, in the order in which they come: each in a process of its own, small ones in groups.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { memoryFolder } from './memory-folder.mjs'

// The sources are run as they are: without source maps, which only dependencies have and which each process would read.
const nodeArgs = ['--conditions=@seaworthy/source', '--disable-warning=ExperimentalWarning']

/** The arguments that load tap's loader for a file that replaces modules. */
function loaderOf(file) {
  if (!readFileSync(file, 'utf8').includes('.mockImport')) return []
  const tap = createRequire(import.meta.resolve('tap'))
  const loader = join(tap.resolve('@tapjs/mock/package.json'), '../dist/esm/import.mjs')
  return [`--import=${pathToFileURL(loader)}`]
}

/** The longest that a file may take, in milliseconds. Its own time-outs, tap's, end it long before. */
const limit = 3_600_000

const together = join(import.meta.dirname, 'together.mjs')

const cores = availableParallelism()

/** The fewest files side by side, and the most. Many wait for servers, timers and processes. */
const fewest = Number(process.env.TEST_JOBS) || cores + 1
const most = Number(process.env.TEST_JOBS) || 4 * cores

/** Calls `act` after each second in which a tenth of the cores had nothing to do, other programs counted. */
function whenIdle(act) {
  const read = () => {
    const times = cpus().map((core) => core.times)
    const sum = (values) => values.reduce((total, value) => total + value, 0)
    return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap(Object.values)) }
  }
  let last = read()
  const timer = setInterval(() => {
    const now = read()
    if (now.idle - last.idle > (now.all - last.all) / 10) act()
    last = now
  }, 1000)
  return () => clearInterval(timer)
}

const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.kill(process.pid, signal)
  })
}

const indented = (text) => text.replaceAll(/^(?=.)/gm, '    ')

/** Runs a program that writes TAP. Gives its output, the counts in it, its seconds, and how it ended if not well. */
async function runProcess(args, env, onText) {
  const start = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), limit)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    onText?.(text)
  })
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  running.delete(child)

  const totals = [...output.matchAll(/^# \{ total: .* \}$/gm)].at(-1)?.[0]
  const count = (key) => Number(totals?.match(new RegExp(`\\b${key}: (\\d+)`))?.[1] ?? 0)
  const counts = { pass: count('pass'), fail: count('fail'), skip: count('skip') }
  const ended = signal ? `it was ended by ${signal}` : `it ended with ${code}`
  const broken =
    counts.fail > 0 ? undefined : !totals ? `${ended} and no totals` : code === 0 ? undefined : ended
  return { output, counts, broken, seconds: (performance.now() - start) / 1000 }
}

/** Runs a file in a process of its own. */
async function runAlone(file, env, onText) {
  const { output, ...result } = await runProcess([...loaderOf(file), file], env, onText)
  return { file, output: `# Subtest: ${file}\n${indented(output)}`, ...result }
}

/** The result of a file in what `together.mjs` has written. */
function resultIn(output, file) {
  const start = output.indexOf(`# Subtest: ${file}\n`)
  const mark = `\n# counts of ${file}: `
  const end = output.indexOf(mark, start)
  if (start < 0 || end < 0) return undefined
  const [line] = output.slice(end + mark.length).split('\n', 1)
  const { seconds, ...counts } = JSON.parse(line)
  // Without the line of the test that the file is there, which ends it.
  const own = output.slice(start, end).replace(/^(?:not )?ok [^]*/m, '')
  return { file, output: own, counts, broken: undefined, seconds }
}

/**
 * Runs files in one process. Each runs again alone unless all have ended well or with failed assertions of their own: one
 * that ends the process, or leaves something open, would take the results of others with it.
 */
async function runTogether(files, env) {
  const { output, counts, broken } = await runProcess([together, ...files], env)
  const results = files.map((file) => resultIn(output, file))
  const sum = (key) => results.reduce((total, result) => total + result.counts[key], 0)
  if (!broken && results.every(Boolean) && ['pass', 'fail', 'skip'].every((key) => sum(key) === counts[key]))
    return results
  console.log(`# each runs again alone, because together ${broken ?? 'some assertions were of no file'}:`)
  console.log(`${files.map((file) => `#   ${file}`).join('\n')}\n${output.replaceAll(/^/gm, '#     ')}`)
  const alone = []
  for (const file of files) alone.push(await runAlone(file, env))
  return alone
}

/**
 * Runs groups of files and prints what each file has written once its group has ended, a single one as it comes. Gives the
 * results of the files.
 * @param {readonly (readonly string[])[]} groups
 * @param {NodeJS.ProcessEnv} environment
 */
export async function runFiles(groups, environment) {
  const folder = memoryFolder()
  const env = {
    ...environment,
    ...(folder && { TEST_FOLDER: folder }),
    TAP: '1',
    TAP_TIMEOUT: '600',
    TAP_TYPE_STRIP_ONLY: '1'
  }
  const results = []
  const total = groups.flat().length
  const single = total === 1 ? (text) => process.stdout.write(text) : undefined
  const queue = [...groups]
  let count = 0
  const next = async () => {
    const group = queue.shift()
    if (group === undefined) return
    count += 1
    const ended = group.length > 1 ? await runTogether(group, env) : [await runAlone(group[0], env, single)]
    count -= 1
    for (const result of ended) {
      results.push(result)
      const { file, output, counts, broken, seconds } = result
      const word = counts.fail > 0 || broken ? 'not ok' : 'ok'
      if (!single) process.stdout.write(output)
      console.log(`${word} ${results.length} - ${file} # time=${(seconds * 1000).toFixed(0)}ms`)
      if (broken) console.log(`# ${file}: ${broken}`)
    }
    if (count < fewest) await next()
  }
  console.log(`TAP version 14\n1..${total}`)
  const all = Array.from({ length: fewest }, next)
  const stopWatching = whenIdle(() => {
    if (count < most) all.push(next())
  })
  // It grows while it is waited for.
  for (const one of all) await one
  stopWatching()
  return results
}
