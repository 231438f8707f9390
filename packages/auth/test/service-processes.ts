import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { startNode, type RealServer, type RunningProcess } from '@seaworthy/testing'
import type { Test } from 'tap'
import type { AuthOptions, TokenPair } from '../src/index.ts'
import type { Answer, Order } from './fixtures/service-host.ts'

/** A service in another process. */
export interface Service {
  get(
    path: string,
    headers?: Record<string, string>
  ): Promise<{ status: number; headers: Headers; body: any }> // oxlint-disable-line typescript/no-explicit-any
  post(path: string, body: object): Promise<{ status: number; headers: Headers; body: any }> // oxlint-disable-line typescript/no-explicit-any
  issue(claims?: object): Promise<TokenPair>
  /** The status of `/me` with a token. */
  me(token: string): Promise<number>
  output(): string
  /** How often a guarded handler has run. */
  runs(): Promise<number>
}

/** Starts a service in the process of this name. Services of different names are in different processes. */
export type StartService = (
  t: Test,
  process: 'a' | 'b' | 'late',
  redis: RealServer,
  options: AuthOptions
) => Promise<Service>

const script = fileURLToPath(new URL('fixtures/service-host.ts', import.meta.url))

/** Processes for the services of a file: each test has services of its own in them, which share a Redis. */
export function serviceProcesses(file: Test): StartService {
  const hosts = new Map<string, RunningProcess>()
  const hostOf = (process: string): RunningProcess => {
    const host = hosts.get(process) ?? startNode(file, script, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    hosts.set(process, host)
    return host
  }
  return async (t, process, redis, options) => {
    const host = hostOf(process)
    const name = randomUUID()
    const port = await send(host, { name, options, redisPort: redis.port })
    t.teardown(() => send(host, { name, close: true }))
    const output = (): string =>
      host
        .output()
        .split('\n')
        .filter((line) => line.includes(name))
        .join('\n')
    return serviceAt(`http://127.0.0.1:${port}`, output)
  }
}

/** Sends an order to a process. Gives the port of its answer. */
async function send({ child, output }: RunningProcess, order: Order): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const receive = ({ name, port, error }: Answer): void => {
    if (name !== order.name) return
    if (error === undefined) resolve(port)
    else reject(new Error(error))
  }
  const end = (): void => reject(new Error(`the process has ended; output:\n${output()}`))
  child.on('message', receive).on('close', end)
  child.send(order)
  try {
    return await promise
  } finally {
    child.off('message', receive).off('close', end)
  }
}

function serviceAt(origin: string, output: () => string): Service {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${origin}${path}`, init)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  const service: Service = {
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body)
      }),
    issue: async (claims = { sub: 'ada' }) => (await service.post('/issue', claims)).body as TokenPair,
    me: async (token) => (await service.get('/me', { authorization: `Bearer ${token}` })).status,
    output,
    runs: async () => ((await service.get('/runs')).body as { runs: number }).runs
  }
  return service
}
