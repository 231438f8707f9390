import './parts.ts'
import Fastify, { type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

interface Line {
  level: number
  msg: string
}

/** An app with something that each part would refuse or change. */
async function build(t: Test, options: SeaworthyOptions) {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const base = serverOptions(options) as FastifyServerOptions
  const app = Fastify({ ...base, logger: { ...(base.logger as object), stream } } as FastifyServerOptions)
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  const properties = {
    age: { type: 'integer' },
    name: { type: 'string', pattern: '^(a+)+$' }
  }
  app.post('/users', { schema: { body: { type: 'object', properties } } }, async ({ body }) => body)
  app.get('/page', async (_request, reply) => reply.type('text/html').send('<script>1</script>'))
  app.get('/tea', async () => {
    throw Object.assign(new Error('short and stout'), { statusCode: 418 })
  })
  return { app, warnings: () => lines.filter(({ level }) => level === 40).map(({ msg }) => msg) }
}

const strict = {
  auth: { defaultDeny: true },
  security: { rateLimit: { max: 2, timeWindow: '1 minute' } }
} as const

t.test('with adopt nothing is refused or changed, and each kind is logged', async (t) => {
  const { app, warnings } = await build(t, { ...strict, adopt: true })
  await app.listen({ port: 0 })
  const get = async (path: string) => fetch(app.listeningOrigin + path)

  const created = await app.inject({ method: 'POST', url: '/users', payload: { age: '7', more: 1 } })
  t.match(
    created,
    { statusCode: 200, body: '{"age":7,"more":1}' },
    "coerced as Fastify's own validation does"
  )
  const page = await get('/page')
  t.notOk(page.headers.has('content-security-policy'))
  t.ok(page.headers.has('content-security-policy-report-only'))
  t.match(await (await get('/tea')).json(), { statusCode: 418, message: 'short and stout' })
  t.equal((await get('/page')).status, 200, 'over the limit')

  const warningText = warnings().join('\n')
  for (const words of [
    /seaworthy: the app is being adopted: errors, security, auth only observe/,
    /unsafe pattern/,
    /"defaultDeny" would stop the start: POST \/users, GET \/page/,
    /POST \/users would be rejected/,
    /over the limit .* would be rejected/,
    /statusCode 418; both are sent/
  ])
    t.match(warningText, words)
  const { parts } = app.seaworthy.report()
  t.match(
    parts.find(({ part }) => part === 'errors'),
    { state: 'on', reason: 'adopt: it only observes' }
  )
})

t.test('the environment switches it on, with fromEnv and without', async (t) => {
  t.equal(fromEnv({ SEAWORTHY_ADOPT: '1' }).adopt, true)
  t.equal(fromEnv({}).adopt, undefined)
  process.env.SEAWORTHY_ADOPT = '1'
  t.teardown(() => delete process.env.SEAWORTHY_ADOPT)
  const { app } = await build(t, strict)
  await app.ready()
  t.match(app.seaworthy.report().parts, [{ part: 'observability', state: 'on' }, { reason: /adopt/ }])

  await t.rejects(build(t, { ...strict, adopt: false }), /unsafe pattern/)
})

t.test('a mode of a part, and a part that is off, stay as they are', async (t) => {
  const { app, warnings } = await build(t, {
    adopt: true,
    errors: { mode: 'enforce' },
    security: false,
    auth: false
  })
  t.equal((await app.inject('/tea')).statusCode, 500)
  t.match(warnings().join('\n'), /is ignored and the response is 500/)
})
