// Runs test files side by side, each in a process of its own, in the order in which they come.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

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

/** One more than cores: many files wait for servers, timers and processes. */
const jobs = Number(process.env.TEST_JOBS) || Math.max(2, availableParallelism() + 1)

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
  const env = { ...environment, TAP: '1', TAP_TIMEOUT: '600', TAP_TYPE_STRIP_ONLY: '1' }
  const results = []
  const queue = files.values()
  const single = files.length === 1 ? (text) => process.stdout.write(text) : undefined
  const worker = async () => {
    // The workers share the queue.
    for (const file of queue) {
      const result = await runFile(file, env, single)
      results.push(result)
      const { output, counts, broken, seconds } = result
      const word = counts.fail > 0 || broken ? 'not ok' : 'ok'
      if (!single) process.stdout.write(`# Subtest: ${file}\n${indented(output)}`)
      console.log(`${word} ${results.length} - ${file} # time=${(seconds * 1000).toFixed(0)}ms`)
      if (broken) console.log(`# ${file}: ${broken}`)
    }
  }
  console.log(`TAP version 14\n1..${files.length}`)
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, worker))
  return results
}
