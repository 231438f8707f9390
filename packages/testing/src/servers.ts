import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { start, type RunningProcess } from './process.ts'
import { prepared } from './prepared.ts'
import { commandPath } from './requires.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Teardown {
  teardown(fn: () => unknown): void
}

/** A server of the test's own. */
export interface RealServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly process: RunningProcess
  /** SIGSTOP: accepts connections, answers nothing. */
  freeze(): void
  thaw(): void
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and data, after `kill`. */
  restart(): Promise<void>
}

async function serve(
  t: Teardown,
  port: number,
  launch: () => RunningProcess,
  ready: (server: RunningProcess) => Promise<unknown>
): Promise<RealServer> {
  let current = launch()
  await ready(current)
  return {
    host: '127.0.0.1',
    port,
    get process() {
      return current
    },
    freeze: () => current.kill('SIGSTOP'),
    thaw: () => current.kill('SIGCONT'),
    async kill() {
      current.kill('SIGKILL')
      await current.exit
    },
    async restart() {
      current = launch()
      await ready(current)
    }
  }
}

/** A Redis of the test's own, without persistence. */
export async function startRedis(t: Teardown, args: readonly string[] = []): Promise<RealServer> {
  const folder = temporaryFolder(t, 'redis')
  const command = commandPath('redis-server') ?? 'redis-server'
  const settings = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...args]
  const startAt = (port: number) =>
    serve(
      t,
      port,
      () => preferred(start(t, command, ['--port', `${port}`, ...settings])),
      async (server) => server.waitFor(/Ready to accept connections/)
    )
  // Another program may take the port before Redis does, and accept connections there.
  return startAt(await freePort()).catch(async () => startAt(await freePort()))
}

/**
 * Has a server run before what else the machine does, as far as the user may: calls to Redis have deadlines of milliseconds,
 * which a busy neighbour of the tests is not to spend.
 */
function preferred(server: RunningProcess): RunningProcess {
  try {
    setPriority(server.pid, -10)
  } catch {
    // Only the superuser may.
  }
  return server
}

// PostgreSQL refuses to run as root: as root it runs as the user that its package made.
const asItsUser = (command: string, args: string[]): [string, string[]] =>
  process.getuid?.() === 0
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args]]
    : [command, args]

/** The files of an empty database, made once for all tests. */
async function emptyDatabase(initdb: string): Promise<string> {
  const folder = await prepared(`postgres${initdb.replaceAll(/\W+/g, '-')}`, (folder) => {
    chmodSync(folder, 0o777)
    const args = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync']
    const made = spawnSync(...asItsUser(initdb, args), { encoding: 'utf8', cwd: folder })
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  })
  return join(folder, 'data')
}

/** A PostgreSQL of the test's own: user and database `postgres`, no password. */
export async function startPostgres(t: Teardown): Promise<RealServer> {
  const folder = temporaryFolder(t, 'postgres')
  const port = await freePort()
  const data = join(folder, 'data')
  chmodSync(folder, 0o777)
  const empty = await emptyDatabase(commandPath('initdb') ?? 'initdb')
  // With its owner, whom Node's copy would not keep.
  const copied = spawnSync('cp', ['-a', empty, data], { encoding: 'utf8' })
  if (copied.status !== 0) throw new Error(`cp failed: ${copied.stderr}`)

  const settings = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-F']
  // A wrapper of the same name may stand before the real one on the PATH.
  const binary = commandPath('initdb')?.replace(/initdb$/, 'postgres') ?? 'postgres'
  const [command, args] = asItsUser(binary, settings)
  return serve(
    t,
    port,
    () => start(t, command, args, { cwd: folder }),
    async (server) => server.waitFor(/ready to accept connections/)
  )
}

/** A Prometheus that scrapes `targets` (`127.0.0.1:3000`) every second; its API is at `port`. */
export async function startPrometheus(
  t: Teardown,
  targets: readonly string[],
  { rules = [], scrape = '' }: { rules?: readonly string[]; scrape?: string } = {}
): Promise<RealServer> {
  const folder = temporaryFolder(t, 'prometheus')
  const port = await freePort()
  const configuration = [
    'global: { scrape_interval: 1s, evaluation_interval: 1s }',
    `rule_files: ${JSON.stringify(rules)}`,
    'scrape_configs:',
    '  - job_name: app',
    ...scrape
      .split('\n')
      .filter(Boolean)
      .map((line) => `    ${line}`),
    `    static_configs: [{ targets: ${JSON.stringify(targets)} }]`
  ].join('\n')
  writeFileSync(join(folder, 'prometheus.yml'), configuration)
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`
  ]
  return serve(
    t,
    port,
    () => start(t, commandPath('prometheus') ?? 'prometheus', args),
    async (server) => server.waitFor(/Server is ready to receive web requests/)
  )
}

/** A broker with Kafka's protocol and no topics: the mock cluster of librdkafka, which kcat runs while its input is open. */
export async function startKafka(t: Teardown): Promise<{ host: '127.0.0.1'; port: number }> {
  const args = ['-P', '-b', 'replaced', '-t', 'unused', '-X', 'test.mock.num.brokers=1']
  const cluster = start(t, commandPath('kcat') ?? 'kcat', args, { stdio: 'pipe' })
  const [, port] = await cluster.waitFor(/replaced with 127\.0\.0\.1:(\d+)/)
  return { host: '127.0.0.1', port: Number(port) }
}
