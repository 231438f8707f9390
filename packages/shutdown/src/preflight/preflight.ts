import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { waitUntilReady } from './wait-until-ready.ts'

/**
 * Options of {@link preflight}. Only `script` is required.
 *
 * @example
 * const options: PreflightOptions = { script: 'src/server.js', timeout: 60_000, env: { NODE_ENV: 'production' } }
 * await preflight(options)
 */
export interface PreflightOptions {
  /**
   * The script that starts the service; it listens on the port in `PORT`.
   *
   * @defaultValue none: it is required
   */
  script: string

  /**
   * Arguments of the script.
   *
   * @defaultValue []
   */
  args?: readonly string[] | undefined

  /**
   * Arguments of Node itself.
   *
   * @defaultValue `process.execArgv`, those of this process
   */
  nodeArgs?: readonly string[] | undefined

  /**
   * The port for the trial. A whole number, 1 to 65535.
   *
   * @defaultValue a free one
   */
  port?: number | undefined

  /**
   * The path that responds with 2xx once the service is ready: over http, or over TLS or HTTP/2 where the service speaks
   * only these. Its certificate is not checked.
   *
   * @defaultValue '/health/ready'
   */
  path?: string | undefined

  /**
   * How long the service has to become ready. Milliseconds, at least 0.
   *
   * @defaultValue 30000
   */
  timeout?: number | undefined

  /**
   * Variables to add to the environment, or to remove where the value is `undefined`.
   *
   * @defaultValue {}
   */
  env?: NodeJS.ProcessEnv | undefined

  /**
   * Aborts the trial; the release is stopped then too.
   *
   * @defaultValue none: the trial is not aborted
   */
  signal?: AbortSignal | undefined
}

/**
 * The result of a trial.
 *
 * @example
 * const result: PreflightResult = await preflight({ script: 'src/server.js' })
 * process.exitCode = result.ok ? 0 : 1
 */
export interface PreflightResult {
  ok: boolean
  /** Why it failed, or how long it took. */
  reason: string
  /** The end of the release's output. */
  output: string
}

const defaults = { args: [], path: '/health/ready', timeout: 30_000 } as const

/** Characters of output that are kept. */
const maxOutput = 8000
/** Milliseconds that the release has to end after SIGTERM. */
const killTimeoutMs = 10_000

/**
 * Boots a release on a spare port, waits until it is ready, and stops it. A supervisor that replaces workers whether
 * the new ones work or not (`pm2 reload`) is safe behind this: run it first, and reload only when it is `ok`.
 *
 * @example
 * const { ok, reason, output } = await preflight({ script: 'src/server.js' })
 * if (!ok) throw new Error(`${reason}\n${output}`)
 */
export async function preflight(options: PreflightOptions): Promise<PreflightResult> {
  const { script, args = defaults.args, path = defaults.path, timeout = defaults.timeout, signal } = options
  const { nodeArgs = process.execArgv } = options
  const port = options.port ?? (await sparePort())
  const env = await trialEnvironment(port, options.env)
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-maxOutput)
    })
  }
  try {
    const result = await waitUntilReady(child, { port, path }, timeout, signal)
    return { ...result, output }
  } finally {
    await stop(child)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), killTimeoutMs)
  await exited
  clearTimeout(killer)
}

/** The trial must not use the port, the listeners or the supervisor of the release that serves. */
async function trialEnvironment(port: number, env: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  const { pm_id: _id, NOTIFY_SOCKET: _socket, WATCHDOG_USEC: _usec, ...inherited } = process.env
  const result: NodeJS.ProcessEnv = { ...inherited, HOST: '127.0.0.1', ...env, PORT: String(port) }
  if (result.MANAGEMENT_PORT !== undefined) result.MANAGEMENT_PORT = String(await sparePort())
  return result
}

async function sparePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
