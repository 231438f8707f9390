import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import formbody from '@fastify/formbody'
import statics from '@fastify/static'
import view from '@fastify/view'
// @ts-expect-error -- JavaScript without types
import ejs from 'ejs'
import { postForm, type ZooApp } from '../zoo-app.ts'

const page =
  '<!doctype html><title><%= title %></title><script src="/assets/app.js"></script><script>start()</script>'
const fields = {
  type: 'object',
  required: ['name', 'age'],
  properties: { name: { type: 'string' }, age: { type: 'integer' }, news: { type: 'boolean' } }
}

export const pages: ZooApp = {
  name: 'Pages, static files and forms',
  async build(app) {
    const folder = mkdtempSync(join(tmpdir(), 'pages-'))
    writeFileSync(join(folder, 'index.ejs'), page)
    writeFileSync(join(folder, 'app.js'), 'function start() {}')
    writeFileSync(join(folder, 'style.css'), 'body { margin: 0 }')
    await app.register(statics, { root: folder, prefix: '/assets/' })
    await app.register(view, { engine: { ejs }, root: folder })
    await app.register(formbody)
    app.get('/', (_request, reply) => reply.view('index.ejs', { title: 'Home' }))
    app.post('/subscribe', { schema: { body: fields } }, async (request, reply) => {
      const { name } = request.body as { name: string }
      return reply.redirect(`/?name=${name}`, 303)
    })
    app.get('/old', (_request, reply) => reply.redirect('/'))
  },
  requests: [
    { url: '/', status: 200, has: /<title>Home/ },
    { url: '/assets/app.js', status: 200, has: /start/ },
    { url: '/assets/style.css', status: 200 },
    { url: '/assets/missing.png', status: 404 },
    postForm('/subscribe', { name: 'Ada', age: '36', news: 'true' }, 303),
    postForm('/subscribe', { name: 'Ada', age: '36', utm: 'mail' }, 303),
    postForm('/subscribe', { name: 'Ada', age: 'x' }, 400),
    { url: '/old', status: 302 }
  ]
}
