import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { pause } from '../within.ts'

/** What to try, and how long. Only `script` is needed. */
export interface PreflightOptions {
  /** The script that starts the service; it listens on the port in `PORT`. */
  script: string
  /**
   * Arguments of the script.
   *
   * @defaultValue []
   */
  args?: readonly string[]
  /**
   * Arguments of Node itself.
   *
   * @defaultValue Those of this process
   */
  nodeArgs?: readonly string[]
  /**
   * The port to try it on.
   *
   * @defaultValue A free one
   */
  port?: number
  /**
   * What answers 2xx once the service is ready.
   *
   * @defaultValue '/health/ready'
   */
  path?: string
  /**
   * **Milliseconds** until it must be ready.
   *
   * @defaultValue 30000
   */
  timeout?: number
  /**
   * Added to the environment, or taken away where `undefined`.
   *
   * @defaultValue {}
   */
  env?: NodeJS.ProcessEnv
  /** Gives up early; the release is stopped then too. */
  signal?: AbortSignal
}

/** How the release did. */
export interface PreflightResult {
  ok: boolean
  /** Why not, or how long it took. */
  reason: string
  /** The last of what it wrote. */
  output: string
}

/** Characters of output that are kept. */
const kept = 8000

/**
 * Boots a release on a spare port, waits until it is ready, and stops it. A supervisor that replaces workers whether
 * the new ones work or not (`pm2 reload`) is safe behind this: run it first, and reload only when it is `ok`.
 */
export async function preflight(options: PreflightOptions): Promise<PreflightResult> {
  const { script, args = [], nodeArgs = process.execArgv, path = '/health/ready', timeout = 30_000 } = options
  const { signal } = options
  const port = options.port ?? (await sparePort())
  const env = await environment(port, options.env)
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-kept)
    })
  }
  try {
    const reason = await ready(child, `http://127.0.0.1:${port}${path}`, timeout, signal)
    return { ok: reason.startsWith('ready'), reason, output }
  } finally {
    await stop(child)
  }
}

async function ready(
  child: ChildProcess,
  url: string,
  timeout: number,
  signal: AbortSignal | undefined
): Promise<string> {
  const start = performance.now()
  let last = 'no answer'
  let ended: string | undefined
  child.once('error', (error) => {
    ended = `it did not start: ${error.message}`
  })
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`} before it was ready`
  })
  while (performance.now() - start < timeout) {
    if (ended) return ended
    if (signal?.aborted) return 'it was given up before it was ready'
    // oxlint-disable-next-line no-await-in-loop -- it polls
    const status = await statusOf(url)
    if (status !== undefined && status >= 200 && status < 300) {
      return `ready after ${Math.round(performance.now() - start)} ms`
    }
    if (status !== undefined) last = `status ${status}`
    // oxlint-disable-next-line no-await-in-loop -- it polls
    await pause(100)
  }
  return ended ?? `it was not ready after ${timeout} ms: ${url} gave ${last}`
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return undefined
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(killer)
}

/** The trial must not take the place, the listeners or the supervisor of the one that serves. */
async function environment(port: number, own: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  const { pm_id: _id, NOTIFY_SOCKET: _socket, WATCHDOG_USEC: _usec, ...inherited } = process.env
  const env: NodeJS.ProcessEnv = { ...inherited, HOST: '127.0.0.1', ...own, PORT: String(port) }
  if (env.MANAGEMENT_PORT !== undefined) env.MANAGEMENT_PORT = String(await sparePort())
  return env
}

async function sparePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
