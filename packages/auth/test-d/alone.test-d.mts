/* oxlint-disable typescript/await-thenable, typescript/no-unnecessary-type-parameters -- the linter uses the types of the sources, where the official plugins take precedence */
// An app that imports @seaworthy/auth and none of the plugins that it registers.
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyContextConfig, type FastifyInstance } from 'fastify'
import {
  auth,
  type AuthApi,
  type AuthHook,
  type AuthOptions,
  type AuthUser,
  type Identity,
  type Jwt,
  type MatrixRow,
  type RouteAuth,
  type Session,
  type ListedSession,
  type TokenPair,
  type UnsignedCookie
} from '@seaworthy/auth'

const app = Fastify()
await app.register(auth, { jwt: { secret: 'x' } })

expectTypeOf(app.auth).toEqualTypeOf<AuthApi>()
expectTypeOf(app.authenticate).toEqualTypeOf<AuthHook>()
expectTypeOf(app.authorize).toEqualTypeOf<(...roles: (string | readonly string[])[]) => AuthHook>()
expectTypeOf<FastifyInstance['auth']>().toEqualTypeOf<AuthApi>()
expectTypeOf(app.jwt).toEqualTypeOf<Jwt>()
expectTypeOf(app.jwt.sign({ sub: 'ada' })).toEqualTypeOf<string>()
expectTypeOf(app.jwt.verify('token')).toEqualTypeOf<AuthUser>()
expectTypeOf(app.jwt.verify<{ id: number }>('token')).toEqualTypeOf<{ id: number }>()
expectTypeOf(app.jwt.decode('token')).toEqualTypeOf<Record<string, unknown> | null>()
expectTypeOf(app.parseCookie('a=b')).toEqualTypeOf<Record<string, string>>()
expectTypeOf(app.serializeCookie('a', 'b', { maxAge: 60 })).toEqualTypeOf<string>()
expectTypeOf(app.unsignCookie(app.signCookie('a'))).toEqualTypeOf<UnsignedCookie>()
expectTypeOf(app.createSecureSession()).toEqualTypeOf<Session>()
expectTypeOf(await app.decodeSecureSession('cookie')).toEqualTypeOf<Session | null>()
expectTypeOf(await app.encodeSecureSession(app.createSecureSession({ a: 1 }))).toEqualTypeOf<string>()

expectTypeOf(await app.auth.issueTokens({ sub: 'ada' })).toEqualTypeOf<TokenPair>()
expectTypeOf(await app.auth.refresh('token')).toEqualTypeOf<TokenPair>()
expectTypeOf(app.auth.matrix()).toEqualTypeOf<MatrixRow[]>()
expectTypeOf(app.auth.printMatrix()).toEqualTypeOf<string>()
expectTypeOf(await app.auth.hashPassword('x')).toEqualTypeOf<string>()
expectTypeOf(await app.auth.verifyPassword('x', null)).toEqualTypeOf<boolean>()
expectTypeOf(app.auth.apiKeys.create().key).toEqualTypeOf<string>()
expectTypeOf(await app.auth.sessions.list('ada')).toEqualTypeOf<readonly ListedSession[]>()
expectTypeOf(await app.auth.revoke({ user: 'ada' })).toEqualTypeOf<void>()
// @ts-expect-error no such kind of revocation
await app.auth.revoke({ users: 'ada' })
// @ts-expect-error no such method
void app.auth.issueToken

app.get('/me', { onRequest: app.authenticate }, async (request, reply) => {
  expectTypeOf(request.user).toEqualTypeOf<AuthUser>()
  expectTypeOf(request.user.sub).toEqualTypeOf<string>()
  expectTypeOf(request.user['email']).toEqualTypeOf<unknown>()
  expectTypeOf(request.identity).toEqualTypeOf<Identity | null>()
  expectTypeOf(await request.jwtVerify()).toEqualTypeOf<AuthUser>()
  expectTypeOf(await request.jwtVerify({ onlyCookie: true })).toEqualTypeOf<AuthUser>()
  expectTypeOf(await request.jwtDecode()).toEqualTypeOf<Record<string, unknown>>()
  expectTypeOf(await reply.jwtSign({ sub: 'ada' }, { expiresIn: '5m' })).toEqualTypeOf<string>()

  expectTypeOf(request.session).toEqualTypeOf<Session>()
  expectTypeOf(request.session.get('cart')).toEqualTypeOf<unknown>()
  expectTypeOf(request.session.data()['cart']).toEqualTypeOf<unknown>()
  request.session.set('user', { sub: 'ada', roles: ['admin'] })
  request.session.options({ maxAge: 60 })
  request.session.regenerate(['user'])
  request.session.delete()
  expectTypeOf(app.auth.csrfToken(request)).toEqualTypeOf<string>()
  expectTypeOf(app.auth.sessions.idOf(request)).toEqualTypeOf<string | undefined>()

  expectTypeOf(request.cookies).toEqualTypeOf<Record<string, string | undefined>>()
  expectTypeOf(request.unsignCookie('a')).toEqualTypeOf<UnsignedCookie>()
  expectTypeOf(reply.signCookie('a')).toEqualTypeOf<string>()
  return reply
    .setCookie('a', 'b', { path: '/', secure: 'auto' })
    .cookie('a', 'b')
    .clearCookie('c', { path: '/' })
    .send('ok')
})

// `request.jwtVerify()` with a callback, and in a hook.
app.get('/token', async (request) => {
  request.jwtVerify((error, user) => {
    expectTypeOf(error).toEqualTypeOf<Error | null>()
    expectTypeOf(user).toEqualTypeOf<AuthUser>()
  })
  const claims = await request.jwtVerify<{ id: number }>()
  expectTypeOf(claims.id).toEqualTypeOf<number>()
})
app.addHook('onRequest', app.authenticate)
app.addHook('preHandler', app.authorize('admin'))
app.get('/hand', async (request, reply) => {
  expectTypeOf(await app.authenticate(request, reply)).toEqualTypeOf<void>()
})

// Routes: the values of `config.auth`.
expectTypeOf<FastifyContextConfig['auth']>().toEqualTypeOf<boolean | RouteAuth | undefined>()
app.get('/open', { config: { auth: false } }, async () => 1)
app.get('/any', { config: { auth: true } }, async () => 1)
app.get('/one', { config: { auth: { roles: 'editor', scopes: ['posts:write'] } } }, async () => 1)
app.get(
  '/policy',
  {
    config: {
      auth: {
        schemes: { any: ['jwt', { all: ['session', 'apiKey'] }] },
        policies: ['owner', (request, { identity }) => identity.subject === request.id],
        optional: true,
        mode: 'report'
      }
    }
  },
  async () => 1
)
// @ts-expect-error a key that does not exist
app.get('/wrong', { config: { auth: { rolls: ['x'] } } }, async () => 1)
// @ts-expect-error a key that does not exist
app.route({ method: 'GET', url: '/wrong', config: { auth: { role: 'x' } }, handler: async () => 1 })
// @ts-expect-error neither a boolean nor a rule
app.get('/wrong', { config: { auth: 'admin' } }, async () => 1)
// @ts-expect-error a scheme that does not exist
app.get('/wrong', { config: { auth: { schemes: 'basic' } } }, async () => 1)
// @ts-expect-error a mode that does not exist
app.get('/wrong', { config: { auth: { mode: 'log' } } }, async () => 1)
const rule: RouteAuth = { roles: ['admin'] }
app.get('/kept', { config: { auth: rule } }, async () => 1)

// HTTP/2: its requests have other types.
const http2 = Fastify({ http2: true })
expectTypeOf(http2.auth).toEqualTypeOf<AuthApi>()
http2.get(
  '/me',
  { onRequest: [http2.authenticate], preHandler: http2.authorize('admin') },
  async (request) => {
    expectTypeOf(request.user).toEqualTypeOf<AuthUser>()
    return http2.auth.csrfToken(request)
  }
)

app.register(async (scope) => {
  expectTypeOf(scope.auth).toEqualTypeOf<AuthApi>()
})
const generic = <T extends FastifyInstance>(instance: T): Promise<TokenPair> =>
  instance.auth.issueTokens({ sub: 'ada' })
void generic(app)

const nothing: AuthOptions = {}
void nothing
