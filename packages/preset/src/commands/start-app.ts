import { fork } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { Trial } from '../adoption/trial.ts'
import type { Answer, AppDescription, Failure } from './app-messages.ts'

/** An app that was made ready, or why it was not. */
export interface StartedApp {
  app?: AppDescription
  failure?: Failure
  /** Its log messages at warn or above. */
  warnings: string[]
}

/** Milliseconds that an app has to become ready. */
const readyTimeoutMs = 60_000

/**
 * Makes an app ready in a child process: its output does not mix with the command's, and the command survives when the
 * app crashes, exits or hangs.
 */
export async function startApp(file: string, trial?: Trial): Promise<StartedApp> {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats?.isFile() !== true) {
    const message =
      stats === undefined ? 'there is no such file' : 'it is a folder; name the file that makes the app'
    return { failure: { message, code: 'ENOENT' }, warnings: [] }
  }
  const program = import.meta.url.endsWith('.ts') ? '../app-process.ts' : './app-process.cjs'
  const child = fork(
    fileURLToPath(new URL(program, import.meta.url)),
    [file, ...(trial ? [JSON.stringify(trial)] : [])],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    }
  )
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => void (output[name] += text))
  let answer: Answer | undefined
  child.on('message', (message: Answer) => {
    // The app may send other messages, such as PM2's `ready`.
    if (message?.seaworthy ?? message?.failure) answer ??= message
  })
  let isLate = false
  const killer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, readyTimeoutMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(killer)

  const warnings = warningsIn(output.stdout)
  if (answer?.seaworthy) return { app: answer.seaworthy, warnings }
  if (answer?.failure) return { failure: answer.failure, warnings }
  const end = isLate
    ? `it was not ready after ${readyTimeoutMs} ms`
    : `it ended with ${signal ?? `exit code ${code}`}`
  const lines = lastLines(output.stderr) || lastLines(output.stdout)
  return { failure: { message: lines === '' ? end : `${end}: ${lines}` }, warnings }
}

/** A line of pino-pretty: `[12:00:00.000] WARN (1234): the message`, maybe with fields. */
const prettyLine = /^(?:\[[^\]]*\] )?(?:WARN|ERROR|FATAL)(?: \([^)]*\))?: (.*)$/

/** The log messages at warn or above, without duplicates. */
function warningsIn(output: string): string[] {
  const messages = stripVTControlCharacters(output)
    .split('\n')
    .flatMap((line) => {
      if (!line.startsWith('{')) return prettyLine.exec(line)?.[1] ?? []
      try {
        const entry = JSON.parse(line) as Record<string, unknown>
        const level = entry.level ?? entry['log.level'] ?? entry.severity
        const isWarning =
          typeof level === 'number' ? level >= 40 : /^(?:warn|error|fatal)/i.test(String(level))
        return isWarning ? [String(entry.msg ?? entry.message)] : []
      } catch {
        return []
      }
    })
  return [...new Set(messages)]
}

/** The last lines of an output, without stacks. */
const lastLines = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line))
    .slice(-8)
    .join('\n')
    .trim()
