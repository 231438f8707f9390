import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { temporaryFolder, until } from '@seaworthy/testing'
import { observabilityServerOptions } from '@seaworthy/observability'
import { build } from './helpers.ts'

const secret = 'Pl4nt3dS3ntinel'
const error = () =>
  Object.assign(new TypeError(`no redis://:${secret}@cache`, { cause: new Error('inner') }), { code: 'E_NO' })

const expected = {
  ecs: {
    'ecs.version': '8.11.0',
    'error.type': 'TypeError',
    'error.message': /^no /,
    'error.code': 'E_NO',
    'error.stack_trace': /\n\s+at [^]*caused by: Error: inner/
  },
  otel: {
    'exception.type': 'TypeError',
    'exception.message': /^no /,
    'exception.stacktrace': /\n\s+at [^]*caused by: Error: inner/,
    code: 'E_NO'
  },
  gcp: {
    severity: 'ERROR',
    stack_trace: /\n\s+at [^]*caused by: Error: inner/,
    error_type: 'TypeError',
    code: 'E_NO'
  }
} as const

for (const [schema, fields] of Object.entries(expected)) {
  t.test(`${schema}: an error has the platform's names in every line, and no secret`, async (t) => {
    const { app, lines, text } = await build(t, { logging: { schema: schema as 'ecs' } }, (app) => {
      app.get('/', async ({ log }) => {
        log.error(error())
        log.error({ err: error() }, 'with a message')
        app.log.error(error())
        throw error()
      })
    })
    await app.inject('/')
    t.match(lines(), [fields, fields, fields, fields])
    t.notMatch(text(), secret)
  })

  t.test(`${schema}: works with several targets and without bindings`, async (t) => {
    const destination = join(temporaryFolder(t), 'log')
    const targets = [{ target: 'pino/file', options: { destination } }]
    for (const logger of [{ transport: { targets } }, { base: null }, { base: undefined }]) {
      Fastify(
        observabilityServerOptions({ level: 'warn', logging: { schema: schema as 'ecs' }, logger })
      ).log.error('x')
    }
    const text = await until('the line', () => {
      try {
        return readFileSync(destination, 'utf8')
      } catch {
        return undefined
      }
    })
    t.match(text, /"(?:log\.level":"error|severity_text":"ERROR|severity":"ERROR)"/)
  })
}

t.test('gcp: a trace has the name of its project', async (t) => {
  process.env.GOOGLE_CLOUD_PROJECT = 'shop'
  t.teardown(() => delete process.env.GOOGLE_CLOUD_PROJECT)
  const { app, lines } = await build(t, { logging: { schema: 'gcp' } }, (app) => {
    app.get('/', async () => 'ok')
  })
  await app.inject('/')
  t.match(lines(), [{ 'logging.googleapis.com/trace': /^projects\/shop\/traces\/[0-9a-f]{32}$/ }])
})

t.test('the parameters and fields of secrets are found by their words', async (t) => {
  const fields = () => ({ resetToken: secret, userId: 'u1' })
  const { app, text, requests } = await build(t, { logging: { fields } }, (app) => {
    app.get('/invite/:inviteCode', async () => 'ok')
    app.get('/a/:apiKey/b', async () => 'ok')
  })
  for (const url of [`/invite/${secret}`, `/a/${secret}/b`]) await app.inject(url)
  t.match(requests(), [
    { url: '/invite/:inviteCode', userId: 'u1' },
    { url: '/a/:apiKey/b', userId: 'u1' }
  ])
  t.notMatch(text(), secret)
})
