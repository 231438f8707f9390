import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import Provider from 'oidc-provider'
import type { Test } from 'tap'
import {
  auth,
  type AuditEvent,
  type AuthOptions,
  type LogoutOptions,
  type OAuthOptions
} from '../src/index.ts'
import { Browser } from './browser.ts'
import { listen, secret } from './helpers.ts'

export interface LogoutApp {
  readonly app: FastifyInstance
  readonly origin: string
  readonly issuer: string
  readonly events: AuditEvent[]
  /** Calls of the back-channel by the provider, each with the status of its response. */
  readonly calls: string[]
  readonly lines: string[]
  readonly browser: Browser
  /** Logs in at the provider. */
  login(browser?: Browser): Promise<Response>
  meStatus(browser?: Browser): Promise<number>
  stopProvider(): Promise<void>
}

export interface LogoutAppOptions {
  readonly logout?: LogoutOptions
  readonly more?: AuthOptions
  /** Members of the client's registration at the provider. */
  readonly client?: object
  readonly features?: object
  /** Whether `onLogin` answers with tokens instead of a session. */
  readonly tokens?: boolean
  readonly onLogin?: OAuthOptions['onLogin']
}

/** A real OpenID provider with logout, and an app that uses it. */
export async function logoutApp(t: Test, options: LogoutAppOptions = {}): Promise<LogoutApp> {
  const providerServer = createServer()
  const { url: issuer, stop } = await listen(t, providerServer)
  const server = createServer()
  const { url: origin } = await listen(t, server)
  const events: AuditEvent[] = []
  const lines: string[] = []
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => server.on('request', (request, response) => handler(request, response)),
    logger: {
      level: 'warn',
      stream: { write: (line: string) => void (line.includes('cookie.secure') || lines.push(line)) }
    }
  })
  t.teardown(() => app.close())
  const calls: string[] = []
  app.addHook('onResponse', async (request, reply) => {
    if (request.url.startsWith('/backchannel')) calls.push(String(reply.statusCode))
  })
  const callbackUrl = `${origin}/login/company/callback`
  const logout: LogoutOptions = {
    callbackUrl: `${origin}/logout/company/callback`,
    backchannelPath: '/backchannel',
    frontchannelPath: '/frontchannel',
    returnTo: '/bye',
    ...options.logout
  }
  await app.register(auth, {
    session: { key: randomBytes(32), cookie: { secure: false } },
    jwt: { secret },
    onAudit: (event) => void events.push(event),
    oauth2: {
      company: {
        issuer,
        clientId: 'app',
        clientSecret: 'secret',
        callbackUrl,
        returnTo: '/me',
        logout,
        onLogin:
          options.onLogin ??
          (async ({ subject }, request, reply) =>
            options.tokens === true
              ? reply.send(await app.auth.issueTokens({ sub: subject }, request))
              : { sub: `user of ${subject}` })
      }
    },
    ...options.more
  })
  app.get('/me', { config: { auth: true } }, async ({ user }) => user)
  app.get('/bye', async () => 'bye')
  app.get('/roles', { config: { auth: true } }, async (request) => {
    request.session.set('user', { ...(request.user as object), roles: ['editor'] })
    return 'changed'
  })
  await app.ready()

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'secret',
        redirect_uris: [callbackUrl],
        post_logout_redirect_uris: [`${origin}/logout/company/callback`],
        backchannel_logout_uri: `${origin}/backchannel`,
        backchannel_logout_session_required: true,
        ...options.client
      }
    ],
    features: {
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      ...options.features
    },
    // Its own refuses loopback.
    fetch: (url: string, { dispatcher: _dispatcher, ...init }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, init),
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) })
  })
  provider.on('server_error', () => undefined)
  providerServer.on('request', provider.callback())

  const browser = new Browser()
  return {
    app,
    origin,
    issuer,
    events,
    calls,
    lines,
    browser,
    stopProvider: async () => stop(),
    login: async (of = browser) => of.agree(await of.open(`${origin}/login/company`)),
    meStatus: async (of = browser) => (await of.open(`${origin}/me`)).status
  }
}

/** Ends the session at the provider, as its own logout page does. */
export async function logoutAtProvider({ issuer, browser }: LogoutApp): Promise<string> {
  return confirmLogout(browser, await browser.open(`${issuer}/session/end`))
}

/** Submits the provider's question whether to log out. */
export async function confirmLogout(browser: Browser, page: Response & { at: string }): Promise<string> {
  const html = await page.text()
  const [, action = ''] = /action="([^"]+)"/.exec(html) ?? []
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? []
  return (await browser.open(action, { xsrf, logout: 'yes' })).at
}
