import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import Provider from 'oidc-provider'
import type { Test } from 'tap'
import { auth, type AuditEvent, type OAuthOptions, type ProviderIdentity } from '../src/index.ts'
import { listen } from './helpers.ts'

const people: Record<string, object> = {
  ada: { email: 'ada@example.com', email_verified: true, name: 'Ada' },
  eve: { email: 'ada@example.com', email_verified: false, name: 'Eve' }
}

/** A real OpenID provider, which starts once it has the callback of its client. */
export async function startProvider(
  t: Test
): Promise<{ issuer: string; server: Server; register(url: string): void }> {
  const server = createServer()
  const { url: issuer } = await listen(t, server)
  return {
    issuer,
    server,
    register(callback) {
      const provider = new Provider(issuer, {
        clients: [{ client_id: 'app', client_secret: 'secret', redirect_uris: [callback] }],
        claims: { email: ['email', 'email_verified'], profile: ['name'] },
        findAccount: (_context: unknown, id: string) => ({
          accountId: id,
          claims: async () => ({ sub: id, ...people[id] })
        })
      })
      provider.on('server_error', () => undefined)
      server.on('request', provider.callback())
    }
  }
}

/** An app with a login at the provider `company`. */
export async function startApp(t: Test, options: Partial<OAuthOptions>, more: { session?: false } = {}) {
  const seen: { identities: ProviderIdentity[]; events: AuditEvent[] } = { identities: [], events: [] }
  // The server listens before the app exists, because the options need its port.
  const server = createServer()
  const { url: origin } = await listen(t, server)
  const callbackUrl = `${origin}/login/company/callback`
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => server.on('request', (request, response) => handler(request, response))
  })
  t.teardown(() => app.close())
  // An async hook between a rejection and its response.
  app.addHook('onSend', async (_request, _reply, payload) => payload)
  await app.register(auth, {
    ...(more.session === false ? {} : { session: { key: randomBytes(32), cookie: { secure: false } } }),
    onAudit: (event) => void seen.events.push(event),
    oauth2: {
      company: {
        clientId: 'app',
        clientSecret: 'secret',
        callbackUrl,
        returnTo: '/me',
        onLogin: (identity) => {
          seen.identities.push(identity)
          return { sub: identity.subject, email: identity.verifiedEmail }
        },
        ...options
      }
    }
  })
  if (more.session !== false) app.get('/me', { onRequest: [app.authenticate] }, async ({ user }) => user)
  app.get('/orders', async () => 'orders')
  await app.ready()
  return { app, origin, callbackUrl, seen }
}

/** Both of them. */
export async function startCompany(t: Test, options: Partial<OAuthOptions> = {}) {
  const { issuer, register, server } = await startProvider(t)
  const service = await startApp(t, { issuer, ...options })
  register(service.callbackUrl)
  return { ...service, issuer, server }
}
