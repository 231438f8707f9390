import cookie from '@fastify/cookie'
import { loadAfterStart, subjectOf } from '@seaworthy/internal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { readsNoCookies } from '../csrf/csrf.ts'
import { failureReason } from '../core/failure-reason.ts'
import { addFormRoutes } from '../logout/form-scope.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { SessionHooks } from '../sessions/types.ts'
import type { AuthStore } from '../stores/store.ts'
import { providerFailure } from './failures.ts'
import { localPathOf, pathInScope } from '../core/local-path.ts'
import type { ResolvedProvider } from './options.ts'
import { lazyProvider } from './lazy-provider.ts'
import type { CompletedLogin, Provider } from './provider.ts'
import { randomState, stateCookies } from '../core/state-cookies.ts'

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const
const startQuery = { type: 'object', properties: { returnTo: text(2048) } }
const callbackQuery = {
  type: 'object',
  properties: {
    code: text(4096),
    state: text(128),
    iss: text(2048),
    error: text(200),
    error_description: text(2000)
  }
}

interface OAuthDependencies {
  readonly audit: Audit
  /** The sessions that can keep the user, if there are any. */
  readonly sessions: SessionHooks | undefined
  /** Milliseconds until a session expires. */
  readonly absoluteTimeout: number
  readonly store: AuthStore
  /** If a provider has the option `logout`. */
  readonly logins: ProviderLogins | undefined
}

/** Registers two routes for each provider: the start of a login, and the callback. */
export async function registerOauth(
  fastify: FastifyInstance,
  providers: readonly ResolvedProvider[],
  dependencies: OAuthDependencies
): Promise<void> {
  // Sessions register it too.
  if (!fastify.hasPlugin('@fastify/cookie')) await fastify.register(cookie)
  for (const options of providers) {
    const { provider, load } = lazyProvider(options)
    // Endpoints of the app's own are checked by the client; a discovered provider's come with the first login.
    if (options.issuer === undefined) await load()
    else {
      const problem = `auth: openid-client cannot be loaded for the provider "${options.name}"; its first use tries again; install the packages again`
      loadAfterStart(fastify, problem, load)
    }
    addRoutes(fastify, options, provider, dependencies)
    const { sessions, audit, store, logins } = dependencies
    if (options.logout === undefined || logins === undefined) continue
    const { registerLogout } = await import('../logout/register.ts')
    const { name, clientId, issuer } = options
    const client = { name, clientId, issuer: issuer!, ...provider }
    registerLogout(fastify, client, options.logout, { sessions, audit, store, logins })
  }
}

function addRoutes(
  fastify: FastifyInstance,
  options: ResolvedProvider,
  provider: Provider,
  dependencies: OAuthDependencies
): void {
  const isForm = options.responseMode === 'form_post'
  const cookies = stateCookies(`login-${options.name}-`, options.callback, isForm ? 'none' : 'lax')
  const config = { auth: false } as const

  const recordFailure = (code: AuthErrorCode, request: FastifyRequest): void =>
    dependencies.audit.record({ type: 'provider_login', outcome: 'failed', scheme: 'oauth2', code }, request)

  const reportFailure =
    (request: FastifyRequest) =>
    (error: unknown): never => {
      const failure = providerFailure(error)
      const { code } = failure
      recordFailure(code, request)
      request.log.warn(
        { provider: options.name, code, reason: failureReason(error) },
        'auth: a login at a provider failed; the browser gets the error; see its reason'
      )
      throw failure
    }

  /** A callback without a login in progress logs no user in. */
  const rejectCallback = (request: FastifyRequest, reply: FastifyReply, state: unknown): FastifyReply => {
    const code = 'AUTH_STATE_INVALID'
    recordFailure(code, request)
    // The way back in the browser's history, or a link opened twice: the user is logged in already, and stays it. After
    // a form the session is not read.
    const user: unknown = dependencies.sessions === undefined || isForm ? null : request.session.get('user')
    if (user !== undefined && user !== null && state)
      return reply.redirect(localPathOf(options.returnTo) ?? '/')
    const start = fastify.prefix + options.startPath
    const what = 'This login was not started in this browser, was used before, or has expired'
    throw new AuthError(`${what}: start it again at ${start}`, { code, statusCode: 400 })
  }

  fastify.get<{ Querystring: { returnTo?: string } }>(
    options.startPath,
    { config, schema: { querystring: startQuery } },
    async (request, reply) => {
      const { returnTo } = request.query
      const start = provider.startLogin(localPathOf(returnTo) ?? options.returnTo)
      const { url, login } = await start.catch(reportFailure(request))
      cookies.set(request, reply, login)
      return reply.header('cache-control', 'no-store').redirect(url.href)
    }
  )

  async function complete(
    request: FastifyRequest,
    reply: FastifyReply,
    query: URLSearchParams
  ): Promise<unknown> {
    // The URL has the code: no following page may get it as its referrer.
    void reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    const state = query.get('state')
    const login = cookies.consume(request, reply, state)
    if (login === undefined) return rejectCallback(request, reply, state)
    const completed = await provider.completeLogin(query, login).catch(reportFailure(request))
    return finishLogin(options, completed, login.returnTo, dependencies, request, reply)
  }

  const path = pathInScope(options.callback, fastify)
  if (!isForm) {
    fastify.get(path, { config, schema: { querystring: callbackQuery } }, (request, reply) =>
      complete(request, reply, new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1)))
    )
    return
  }
  // The form is of another site: the cookie of the login is its proof, and no other cookie counts.
  addFormRoutes(fastify, (scope) => {
    scope.post(path, { config: { ...config, [readsNoCookies]: true } }, (request, reply) =>
      complete(request, reply, (request.body as URLSearchParams | undefined) ?? new URLSearchParams())
    )
  })
}

async function finishLogin(
  { name, onLogin, returnTo: defaultPath, logout }: ResolvedProvider,
  { identity, idToken, sid }: CompletedLogin,
  returnTo: string,
  { audit, sessions, absoluteTimeout, logins }: OAuthDependencies,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<unknown> {
  // The check of the options accepts local paths only.
  const encodedDefault = localPathOf(defaultPath) ?? '/'
  const { issuer, subject: providerSubject } = identity
  if (logout !== undefined && logins !== undefined) {
    // Before the app's function, which may issue tokens.
    const login = { id: randomState(), provider: name, issuer, subject: providerSubject, sid }
    logins.begin(request, login)
    if (sessions !== undefined && idToken !== undefined)
      await logins.keepIdToken(login, idToken, absoluteTimeout)
  }
  const user: unknown = await onLogin(identity, request, reply)
  const subject = subjectOf(user)
  audit.record({ type: 'provider_login', outcome: 'ok', scheme: 'oauth2', subject }, request)
  if (reply.sent) return reply
  // After a form the browser gets the next page, whatever the method was.
  const status = request.method === 'POST' ? 303 : 302
  if (user === undefined || user === null) return reply.redirect(encodedDefault, status)
  if (sessions === undefined) {
    const what = `"oauth2.${name}.onLogin" returned a user, but there is no session to keep it`
    throw new Error(`auth: ${what}: set the option "session", or send a reply in onLogin`)
  }
  request.session.set('user', user)
  return reply.redirect(localPathOf(returnTo) ?? encodedDefault, status)
}
