// Which headers a response has when the profile is chosen by its content type, in every way of sending it.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { headers, type HeadersOptions } from '../src/index.ts'
import { buildApp, captureLog, exchange, getBytes, headerLines } from './helpers.ts'

const page = '<p>a page</p>'

function routes(app: FastifyInstance) {
  app.get('/page', (_request, reply) => void reply.type('text/html').send(page))
  app.get('/xhtml', (_request, reply) => void reply.type('application/xhtml+xml').send(page))
  app.get('/worker.js', (_request, reply) => void reply.type('text/javascript').send('1'))
  app.get('/stream', (_request, reply) => void reply.type('text/html').send(Readable.from([page])))
  app.get('/raw', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'Content-Type': 'text/html' }).end(page)
  })
  app.get('/raw-list', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, ['Content-Type', 'text/html']).end(page)
  })
  app.get('/raw-set', (_request, reply) => {
    reply.hijack()
    reply.raw.setHeader('content-type', 'text/html')
    reply.raw.end(page)
  })
  app.get('/by-hand', (_request, reply) => {
    reply.helmet()
    return reply.type('text/html').send(page)
  })
  app.get('/removed', (_request, reply) => {
    reply.raw.removeHeader('X-Frame-Options')
    return reply.type('text/html').send(page)
  })
  app.get('/own', (_request, reply) =>
    reply.header('content-security-policy', "default-src 'self'").type('text/html').send(page)
  )
  app.get('/data', async () => ({}))
  app.get('/text', async () => page)
}

/** Name and value of each header, over a socket and by `inject`. */
async function received(t: Test, app: FastifyInstance, path: string) {
  const lines = headerLines(await exchange(t, app, getBytes(path)))
  const overSocket = Object.fromEntries(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]))
  const injected = (await app.inject(path)).headers
  for (const name of ['content-security-policy', 'cache-control', 'x-frame-options', 'referrer-policy']) {
    t.equal(injected[name], overSocket[name], `${path}: ${name}`)
  }
  return overSocket
}

t.test('pages have headers with which they work, all else those of an API', async (t) => {
  const app = await buildApp(t, headers, {}, routes)
  const pages = ['/page', '/xhtml', '/worker.js', '/stream', '/raw', '/raw-list', '/raw-set', '/by-hand']
  for (const path of pages) {
    const found = await received(t, app, path)
    t.match(found['content-security-policy'], /script-src 'self'/, path)
    t.equal(found['cache-control'], undefined, path)
    t.equal(found['x-frame-options'], 'DENY')
  }
  for (const path of ['/data', '/text', '/nowhere']) {
    const found = await received(t, app, path)
    t.notMatch(found['content-security-policy'], /script-src/, path)
    t.equal(found['cache-control'], 'no-store', path)
  }
  const removed = await received(t, app, '/removed')
  t.equal(removed['x-frame-options'], undefined)
  t.match(removed['content-security-policy'], /script-src/)
  t.equal((await received(t, app, '/own'))['content-security-policy'], "default-src 'self'")
})

t.test('a 304 leaves the policy of the page that the browser has kept as it is', async (t) => {
  for (const enableCSPNonces of [false, true]) {
    const app = await buildApp(t, headers, { enableCSPNonces }, (app) => {
      app.get('/page', (_request, reply) => void reply.code(304).send())
      app.get('/raw', (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(304).end()
      })
      app.get('/own', (_request, reply) => void reply.code(304).header('cache-control', 'max-age=5').send())
    })
    for (const path of ['/page', '/raw', '/own']) {
      const found = await received(t, app, path)
      t.notOk('content-security-policy' in found, path)
      t.equal(found['cache-control'], path === '/own' ? 'max-age=5' : undefined, path)
      t.equal(found['x-content-type-options'], 'nosniff', path)
    }
  }
})

t.test('options apply to both, and the nonces of a page are those of the request', async (t) => {
  const app = await buildApp(t, headers, { enableCSPNonces: true, xFrameOptions: false }, (app) =>
    app.get('/', (_request, reply) => void reply.type('text/html').send(reply.cspNonce.script))
  )
  for (const response of [await app.inject('/'), await app.inject('/')]) {
    t.match(response.headers['content-security-policy'], `script-src 'self' 'nonce-${response.body}'`)
    t.notOk('x-frame-options' in response.headers)
  }
})

t.test('a chosen profile is sent whatever the content type', async (t) => {
  for (const [profile, pattern] of [
    ['api', /^(?!.*script-src)/],
    ['html', /script-src 'self'/]
  ] as const) {
    const app = await buildApp(t, headers, { profile }, routes)
    for (const path of ['/page', '/data']) {
      t.match((await received(t, app, path))['content-security-policy'], pattern)
    }
  }
})

t.test('the first page is logged once, unless the profile is chosen', async (t) => {
  const logOf = async (options: HeadersOptions, ...paths: string[]) => {
    const { lines, logger } = captureLog()
    const app = await buildApp(t, headers, options, routes, { logger })
    for (const path of paths) await app.inject(path)
    return lines.filter((line) => line.includes('text/html'))
  }
  t.match(await logOf({}, '/data', '/page', '/stream'), [/profile 'html'.*contentSecurityPolicy/])
  t.same(await logOf({}, '/data'), [])
  t.same(await logOf({ profile: 'auto' }, '/page'), [])
})
