import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'

const randomSecret = (): string => randomBytes(32).toString('base64')

t.test('registrations in scopes beside each other share nothing, and guard no other scope', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const scopes: FastifyInstance[] = []
  for (const issuer of ['shop', 'blog']) {
    const area = async (scope: FastifyInstance): Promise<void> => {
      await scope.register(auth, {
        jwt: { secret: randomSecret(), issuer },
        session: { key: randomBytes(32) }
      })
      scope.get('/me', { config: { auth: true } }, async ({ user }) => user)
      scopes.push(scope)
    }
    app.register(area, { prefix: `/${issuer}` })
  }
  app.get('/', async () => 'open')
  await app.ready()
  const [shop, blog] = scopes as [FastifyInstance, FastifyInstance]
  const ofShop = (await shop.auth.issueTokens({ sub: '42' })).accessToken
  const ofBlog = (await blog.auth.issueTokens({ sub: '42' })).accessToken
  const status = async (url: string, token?: string): Promise<number> =>
    (await app.inject({ url, headers: token === undefined ? {} : bearer(token) })).statusCode
  t.equal(await status('/'), 200)
  t.strictSame([await status('/shop/me'), await status('/blog/me')], [401, 401])
  t.strictSame([await status('/shop/me', ofShop), await status('/blog/me', ofShop)], [200, 401])
  t.strictSame([await status('/shop/me', ofBlog), await status('/blog/me', ofBlog)], [401, 200])
  await shop.auth.revoke({ user: '42' })
  t.strictSame([await status('/shop/me', ofShop), await status('/blog/me', ofBlog)], [401, 200])
  t.strictSame(
    [shop, blog].map((scope) => scope.auth.matrix().map(({ url }) => url)),
    [
      ['/shop/me', '/shop/me'],
      ['/blog/me', '/blog/me']
    ]
  )
})

t.test('a second registration in a scope or below it stops the start, with the way out', async (t) => {
  const again = async (scope: FastifyInstance): Promise<void> => {
    await scope.register(auth, { jwt: { secret: randomSecret() } })
  }
  for (const isBelow of [false, true]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret } })
    const start = async (): Promise<void> => {
      if (isBelow) app.register(again)
      else await again(app)
      await app.ready()
    }
    await t.rejects(start(), { code: 'INVALID_OPTION', message: /registered once.*one registration/ })
  }
})
