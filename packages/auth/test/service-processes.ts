import { fileURLToPath } from 'node:url'
import { startNode, type RealServer } from '@seaworthy/testing'
import type { Test } from 'tap'
import type { AuthOptions, TokenPair } from '../src/index.ts'

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

const script = fileURLToPath(new URL('fixtures/service.ts', import.meta.url))

/** Starts processes of one service, which share a Redis. */
export async function startServices(
  t: Test,
  count: number,
  redis: RealServer,
  options: AuthOptions
): Promise<Service[]> {
  const env = { AUTH_OPTIONS: JSON.stringify(options), REDIS_PORT: `${redis.port}` }
  return Promise.all(
    Array.from({ length: count }, async () => {
      const running = startNode(t, script, { env })
      const [, port] = await running.waitFor(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/)
      const ask = async (path: string, init: RequestInit = {}) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
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
        output: running.output,
        runs: async () => ((await service.get('/runs')).body as { runs: number }).runs
      }
      return service
    })
  )
}
