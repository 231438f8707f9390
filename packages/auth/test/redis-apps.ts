import { randomBytes } from 'node:crypto'
import { readinessPort, provide } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis, type Cluster } from 'ioredis'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { cookieOf } from './helpers.ts'

const secret = randomBytes(32).toString('base64')
const key = randomBytes(32)

export type ClientOptions = { username?: string; password?: string; tls?: object }

/** An app with tokens and sessions on a client, its log, and its readiness. */
export async function build(t: Test, redis: Redis | Cluster, options: AuthOptions = {}) {
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  let isReady: (signal: AbortSignal) => unknown = () => undefined
  provide(app, readinessPort, {
    addCheck: (_name, check) => void (isReady = check),
    hold: () => () => undefined
  })
  await app.register(auth, {
    jwt: { secret },
    session: { key },
    redis,
    storeTimeout: 1000,
    revocation: { pollInterval: 50 },
    ...options
  })
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  await app.ready()
  const login = async (sub = 'ada') => {
    const { statusCode, headers } = await app.inject({ method: 'POST', url: '/login', payload: { sub } })
    return { status: statusCode, cookie: cookieOf(headers) }
  }
  const me = async (headers: Record<string, string>) => (await app.inject({ url: '/me', headers })).statusCode
  const warnings = () => lines.filter((line) => /does not take|answers again/.test(line))
  const readiness = (): string => {
    try {
      isReady(AbortSignal.timeout(1000))
      return 'ready'
    } catch (error) {
      return (error as Error).message
    }
  }
  return { app, lines, login, me, warnings, readiness }
}

export const plain = (t: Test, port: number, options: ClientOptions = {}): Redis => {
  const redis = new Redis({ port, ...options })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  return redis
}

/** Waits for a login with this status. */
export const logins = (login: () => Promise<{ status: number }>, status: number) =>
  until(`a login with ${status}`, async () => (await login()).status === status)
