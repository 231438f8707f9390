// Runs test files side by side, each in a process of its own, in the order in which they come.
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

/** Runs a file. Gives its TAP, the counts in it, its seconds, and why it failed without a failed assertion. */
async function runFile(file, env, onText) {
  const start = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, ...loaderOf(file), file], {
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
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
  return { file, output, counts, broken, seconds: (performance.now() - start) / 1000 }
}

/**
 * Runs files and prints what each has written once it has ended, a single one as it comes. Gives their results.
 * @param {readonly string[]} files
 * @param {NodeJS.ProcessEnv} environment
 */
export async function runFiles(files, environment) {
  const folder = memoryFolder()
  const env = {
    ...environment,
    ...(folder && { TEST_FOLDER: folder }),
    TAP: '1',
    TAP_TIMEOUT: '600',
    TAP_TYPE_STRIP_ONLY: '1'
  }
  const results = []
  const single = files.length === 1 ? (text) => process.stdout.write(text) : undefined
  const queue = [...files]
  let count = 0
  const next = async () => {
    const file = queue.shift()
    if (file === undefined) return
    count += 1
    const result = await runFile(file, env, single)
    count -= 1
    results.push(result)
    const { output, counts, broken, seconds } = result
    const word = counts.fail > 0 || broken ? 'not ok' : 'ok'
    if (!single) process.stdout.write(`# Subtest: ${file}\n${indented(output)}`)
    console.log(`${word} ${results.length} - ${file} # time=${(seconds * 1000).toFixed(0)}ms`)
    if (broken) console.log(`# ${file}: ${broken}`)
    if (count < fewest) await next()
  }
  console.log(`TAP version 14\n1..${files.length}`)
  const all = Array.from({ length: fewest }, next)
  const stopWatching = whenIdle(() => {
    if (count < most) all.push(next())
  })
  // It grows while it is waited for.
  for (const one of all) await one
  stopWatching()
  return results
}
