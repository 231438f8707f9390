import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

/** A process under test: its output is kept, and it is ended with the test. */
export interface RunningProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** Everything written so far, standard output and error together. */
  output(): string
  /** Standard output alone, parsed: the lines that are JSON objects. */
  logs(): Record<string, unknown>[]
  /** Resolves with the match once the output has it; rejects when the process ends first or time is up. */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpMatchArray>
  kill(signal?: NodeJS.Signals): void
  /** Resolves when the process has ended and its output is complete. */
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

interface Teardown {
  teardown(fn: () => unknown): void
}

/** Starts a program and ends it with the test. */
export function start(
  t: Teardown,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {}
): RunningProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let stdout = ''
  let all = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    all += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    all += text
  })
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  exit.catch(() => undefined)

  const running: RunningProcess = {
    child,
    get pid() {
      return child.pid ?? -1
    },
    output: () => all,
    logs: () => stdout.split('\n').flatMap(parseJsonLine),
    async waitFor(pattern, timeout = 120_000) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>()
      const check = () => {
        const match = all.match(pattern)
        if (match) resolve(match)
      }
      const fail = (why: string) => reject(new Error(`${why} before ${pattern}; output:\n${all}`))
      const timer = setTimeout(fail, timeout, `${timeout} ms passed`)
      child.stdout?.on('data', check)
      child.stderr?.on('data', check)
      child.once('close', () => {
        check()
        fail('the process ended')
      })
      check()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        child.stdout?.off('data', check)
        child.stderr?.off('data', check)
      }
    },
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    exit
  }
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exit.catch(() => undefined)
  })
  return running
}

function parseJsonLine(line: string): Record<string, unknown>[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line) as Record<string, unknown>]
  } catch {
    return []
  }
}

/** Starts a script under this Node with the workspace's sources: TypeScript or JavaScript. */
export function startNode(
  t: Teardown,
  script: string,
  {
    args = [],
    nodeArgs = [],
    env = {},
    ...options
  }: SpawnOptions & { args?: string[]; nodeArgs?: string[] } = {}
): RunningProcess {
  const flags = ['--conditions=@seaworthy/source', '--disable-warning=ExperimentalWarning', ...nodeArgs]
  // The test runner puts a preload of its own into whatever it sees started. In a program it changes how modules are
  // loaded and listens to signals; `env` takes it out, and becomes the program. By its path: a test may empty PATH.
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const withoutTap = Object.fromEntries(Object.entries(inherited).filter(([name]) => !/^_?TAP/.test(name)))
  const { NODE_OPTIONS: preloads, ...others } = env
  const preloaded = preloads === undefined ? [] : [`NODE_OPTIONS=${preloads}`]
  return start(
    t,
    '/usr/bin/env',
    ['-u', 'NODE_OPTIONS', ...preloaded, process.execPath, ...flags, script, ...args],
    {
      ...options,
      env: { ...withoutTap, ...others }
    }
  )
}
