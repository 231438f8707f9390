import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { commandPath, startNode, startPostgres, type RunningProcess } from '@seaworthy/testing'
import type { Test } from 'tap'

/** The example, running as a process. */
export interface Service {
  readonly process: RunningProcess
  readonly url: string
  readonly port: number
  readonly management: string
  readonly admin: { email: string; password: string }
  /** A request with a JSON body and, where given, a bearer token. */
  call(path: string, options?: CallOptions): Promise<{ status: number; headers: Headers; body: any }>
  /** Registers a user and logs in. */
  user(email?: string): Promise<{ id: string; email: string; token: string; refreshToken: string }>
  /** Logs the administrator in. */
  adminToken(): Promise<string>
  metrics(): Promise<string>
}

export interface CallOptions {
  method?: string
  body?: unknown
  token?: string
  headers?: Record<string, string>
}

export const managementToken = 'management-token-of-the-tests'

const adminPassword = 'correct horse battery staple'

/**
 * The variables of a database that the services of a test share. The embedded one takes seconds of a processor to start:
 * where there is a PostgreSQL, that one serves.
 */
export async function sharedDatabase(t: Test): Promise<Record<string, string>> {
  if (commandPath('initdb') === undefined) return {}
  const { host, port } = await startPostgres(t)
  return { DB_HOST: host, DB_PORT: `${port}` }
}

/** Starts the example on free ports. */
export function startProcess(t: Test, env: Record<string, string> = {}): RunningProcess {
  return startNode(t, join(import.meta.dirname, '../src/server.ts'), {
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      MANAGEMENT_TOKEN: managementToken,
      JWT_SECRET: randomBytes(48).toString('base64'),
      SESSION_SECRET: randomBytes(32).toString('base64'),
      ADMIN_PASSWORD: adminPassword,
      ...env
    }
  })
}

/** Starts the example on free ports, and gives it back once it listens. */
export async function startService(t: Test, env: Record<string, string> = {}): Promise<Service> {
  const admin = { email: 'admin@example.com', password: adminPassword }
  const process = startProcess(t, env)
  const [, url = ''] = await process.waitFor(/"url":"(http:[^"]+)"/)
  const [, management = ''] = await process.waitFor(/"management":"(http:[^"]+)"/)

  const service: Service = {
    process,
    url,
    port: Number(new URL(url).port),
    management,
    admin,
    async call(path, { method, body, token, headers = {} } = {}) {
      const response = await fetch(`${url}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    },
    async user(email = `${randomBytes(6).toString('hex')}@example.com`) {
      const password = 'a rather long password'
      const { body } = await service.call('/users', { body: { email, name: 'Test', password } })
      const login = await service.call('/login', { body: { email, password } })
      return { id: body.id, email, token: login.body.accessToken, refreshToken: login.body.refreshToken }
    },
    async adminToken() {
      const { body } = await service.call('/login', { body: admin })
      return body.accessToken
    },
    async metrics() {
      const headers = { authorization: `Bearer ${managementToken}` }
      return (await fetch(`${management}/metrics`, { headers })).text()
    }
  }
  return service
}
