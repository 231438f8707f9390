import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Answer, AppDescription, Failure } from './app-messages.ts'

/** An app that was made ready, or why it was not. */
export interface Started {
  app?: AppDescription
  failure?: Failure
  /** What it logged as a warning or worse. */
  warnings: string[]
}

/** Milliseconds that an app has to become ready. */
const timeout = 60_000

/**
 * Makes an app ready in a process of its own: what it writes does not mix with the command's output, and the command
 * outlives its crash, its `process.exit` and its endless wait.
 */
export async function startApp(file: string): Promise<Started> {
  if (!existsSync(file))
    return { failure: { message: 'there is no such file', code: 'ENOENT' }, warnings: [] }
  const program = import.meta.url.endsWith('.ts') ? '../app-process.ts' : './app-process.cjs'
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => void (written[name] += text))
  let answer: Answer | undefined
  child.on('message', (message: Answer) => {
    // The app may send messages of its own, as PM2 wants them.
    if (message?.seaworthy ?? message?.failure) answer ??= message
  })
  let late = false
  const killer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, timeout)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(killer)

  const warnings = warningsIn(written.stdout)
  if (answer?.seaworthy) return { app: answer.seaworthy, warnings }
  if (answer?.failure) return { failure: answer.failure, warnings }
  const end = late ? `it was not ready after ${timeout} ms` : `it ended with ${signal ?? `exit code ${code}`}`
  const said = lastWords(written.stderr) || lastWords(written.stdout)
  return { failure: { message: said === '' ? end : `${end}: ${said}` }, warnings }
}

/** Messages at warn or above, each once. */
function warningsIn(output: string): string[] {
  const messages = output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return []
    try {
      const entry = JSON.parse(line) as Record<string, unknown>
      const level = entry.level ?? entry['log.level'] ?? entry.severity
      const isWarning = typeof level === 'number' ? level >= 40 : /^(?:warn|error|fatal)/i.test(String(level))
      return isWarning ? [String(entry.msg ?? entry.message)] : []
    } catch {
      return []
    }
  })
  return [...new Set(messages)]
}

/** The end of an output, without stacks. */
const lastWords = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line))
    .slice(-8)
    .join('\n')
    .trim()
