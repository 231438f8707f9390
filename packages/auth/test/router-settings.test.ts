import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth } from '../src/index.ts'
import { secret } from './helpers.ts'

const settings = [
  'ignoreTrailingSlash',
  'ignoreDuplicateSlashes',
  'caseSensitive',
  'useSemicolonDelimiter'
] as const
const paths = [
  '/a/b', '/a/b/', '//a//b', '/A/B', '/a/b;x', '/a/b?x', '/a%2Fb', '/%61/b', '/a/./b', '/a/../a/b', '/a/b%00', '/a/b#x',
  '/p/1', '/p/1/', '/p/%2e%2e', '/p/a;b', '/P/1', '/w', '/w/', '/w/x', '//w/x', '/r/1', '/r/a', '/opt', '/opt/', '/opt/1',
  '/all', '/many', '/version', '/host', '/area', '/area/', '/area/in', '/area/nope', '/AREA/in', '/area//in',
  'http://x/a/b', '*'
] // prettier-ignore
const methods = ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE'] as const

/** An app with a guarded route of every kind, on a real socket: `inject` would change the paths. */
async function start(t: Test, mask: number) {
  const routerOptions = Object.fromEntries(settings.map((name, at) => [name, Boolean((mask >> at) & 1)]))
  const app = Fastify({ exposeHeadRoutes: mask < 16, routerOptions })
  t.teardown(() => app.close())
  let runs = 0
  const handler = async () => ++runs
  await app.register(auth, { jwt: { secret } })
  const guard = { config: { auth: true } } as const
  app.get('/a/b', guard, handler)
  app.get('/p/:id', { onRequest: app.authenticate }, handler)
  app.get('/w/*', { preHandler: app.authorize('admin') }, handler)
  app.get(String.raw`/r/:number(^\d+$)`, guard, handler)
  app.get('/opt/:more?', guard, handler)
  app.all('/all', guard, handler)
  app.route({ method: ['GET', 'POST'], url: '/many', ...guard, handler })
  app.get('/version', { ...guard, constraints: { version: '1.0.0' } }, handler)
  app.get('/host', { ...guard, constraints: { host: 'a.example' } }, handler)
  const area = async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onRequest', scope.authenticate)
    scope.get('/', handler)
    scope.get('/in', handler)
    scope.setNotFoundHandler(handler)
  }
  app.register(area, { prefix: '/area' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const status = (method: string, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { host: 'a.example', ...(path === '/version' ? { 'accept-version': '1.x' } : {}) }
      send({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!))
      })
        .on('error', reject)
        .end()
    })
  return { status, runs: () => runs }
}

t.test('no setting of the router lets a request without a token pass a guard', async (t) => {
  for (let mask = 0; mask < 32; mask++) {
    const { status, runs } = await start(t, mask)
    for (const path of paths) {
      const codes = await Promise.all(methods.map((method) => status(method, path)))
      if (codes.every((code) => code >= 400) && runs() === 0) continue
      t.fail(`setting ${mask}: ${path} got ${codes.join(', ')}`)
    }
    t.equal(await status('GET', '/a/b'), 401)
    t.equal(runs(), 0)
  }
})
