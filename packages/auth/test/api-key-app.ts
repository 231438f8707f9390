import { provide, rateLimitsPort, type CountedKey } from '@seaworthy/contract'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { auth, type ApiKeyOptions, type ApiKeyRecord, type AuditEvent } from '../src/index.ts'

/**
 * An app with keys in memory, and routes for each kind of rule.
 *
 * @param limits - Stands in for the rate limits of another plugin: whether a request may pass.
 */
export async function apiKeyApp(
  t: Test,
  more: Partial<ApiKeyOptions> = {},
  limits?: (counted: CountedKey) => boolean
) {
  const records = new Map<string, ApiKeyRecord>()
  const lookedUp: string[] = []
  const events: AuditEvent[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  if (limits !== undefined) {
    provide(app, rateLimitsPort, {
      create: () => (counted, _request, reply, done) => {
        void reply.header('x-counted', counted.key)
        done(limits(counted) ? undefined : Object.assign(new Error('over the quota'), { statusCode: 429 }))
      }
    })
  }
  await app.register(auth, {
    apiKeys: {
      find: (id) => {
        lookedUp.push(id)
        return records.get(id)
      },
      ...more
    },
    roles: { admin: ['editor'], editor: [] },
    onAudit: (event) => events.push(event)
  })
  app.get('/', { config: { auth: true } }, async (request) => request.identity)
  app.get('/optional', { config: { auth: { optional: true } } }, async (request) => request.user)
  app.get('/read', { config: { auth: { scopes: ['orders:read'] } } }, async () => 'read')
  app.get('/both', { config: { auth: { scopes: ['orders:read', 'orders:write'] } } }, async () => 'both')
  app.get('/edit', { onRequest: app.authorize('editor') }, async () => 'edit')
  app.get('/admin', { onRequest: app.authorize('admin') }, async () => 'admin')
  const add = (record: Partial<ApiKeyRecord> = {}) => {
    const { key, id, hash } = app.auth.apiKeys.create()
    records.set(id, { hash, sub: 'partner', ...record })
    return { key, id }
  }
  const get = async (key: string | string[], url = '/', remoteAddress = '192.0.2.1') =>
    app.inject({ url, headers: { 'x-api-key': key }, remoteAddress })
  const status = async (key: string | string[], url?: string, address?: string) =>
    (await get(key, url, address)).statusCode
  return { app, records, lookedUp, events, add, get, status }
}
