// Whatever a line is made of: it is bounded, it has each key once, and no secret.
import t from 'tap'
import { build } from './helpers.ts'

t.test('no secret reaches the log', async (t) => {
  const secret = 'hunter2-s3cr3t'
  const { app, text, requests } = await build(t, {}, (app) => {
    app.post('/login', async ({ body, headers, log, raw }) => {
      const inner = Object.assign(new Error(`password=${secret}`), {
        config: { headers: { authorization: secret } }
      })
      const error = Object.assign(
        new Error(`GET https://user:${secret}@db/x?token=${secret} failed ${'x'.repeat(5e6)}`),
        {
          request: { body },
          headers
        }
      )
      inner.cause = error
      error.cause = inner
      log.error({ err: error }, 'seen')
      log.info({ req: raw, res: { statusCode: 1 } }, 'raw')
      throw error
    })
    app.get('/reset/:token', async () => 'ok')
  })
  await app.inject({
    method: 'POST',
    url: `/login?token=${secret}`,
    headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` },
    payload: { password: secret }
  })
  await app.inject(`/reset/${secret}`)

  t.equal(text().includes(secret), false)
  t.match(requests(), [
    { statusCode: 500, err: { cause: { message: /\[redacted\]/ } } },
    { url: '/reset/:token' }
  ])
  for (const line of text().split('\n')) t.ok(line.length <= 16_384, `${line.length} bytes`)
})

t.test('the fields of the function are bounded and repeat no key', async (t) => {
  const fields = (request: { headers: Record<string, unknown> }) => ({
    tenant: request.headers['x-tenant'],
    method: 'mine',
    big: 'x'.repeat(10_000)
  })
  const { app, requests, text } = await build(t, { logging: { fields } }, (app) =>
    app.get('/', async () => 'ok')
  )
  await app.inject({ url: '/', headers: { 'x-tenant': 'acme' } })
  t.match(requests(), [{ tenant: 'acme', method: 'GET', big: /^x{900,1024}… \(\d+ more\)$/ }])
  t.equal(text().match(/"method"/g)!.length, 1)
})

/** Values that could make a line long, or never end. */
function extremeValues(): Record<string, unknown> {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle.again = { deep: circle, list: [circle, circle] }
  let deep: object = {}
  for (let n = 0; n < 5000; n++) deep = { deep }
  return {
    text: '\u0001"é€'.repeat(100_000),
    list: Array.from({ length: 100_000 }, (_, n) => `item ${n}`),
    wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key ${n}`, n])),
    bytes: Buffer.alloc(1_000_000),
    big: 10n ** 5000n,
    getter: Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('no')
      }
    }),
    circle,
    deep
  }
}

const lineBytes = (text: string) => text.split('\n').map((line) => Buffer.byteLength(line) + 1)

for (const schema of ['default', 'ecs', 'otel', 'gcp'] as const) {
  t.test(`a line has at most 16 KB for any values, and counts the dropped fields (${schema})`, async (t) => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`field${n}`, 'é"\n'.repeat(2000)]))
    const reservedFields = {
      'http.route': 'mine',
      'error.type': 'mine',
      httpRequest: 'mine',
      route: 'mine',
      body: 'x'
    }
    const fields = () => ({ ...extremeValues(), ...reservedFields, ...many })
    const causes = (depth: number): Error =>
      Object.assign(new AggregateError(Array.from({ length: 9 }, () => new Error('"\n'.repeat(9999)))), {
        message: '\u0001'.repeat(9999),
        ...(depth > 0 ? { cause: causes(depth - 1) } : {})
      })
    const { app, text, lines } = await build(t, { logging: { schema, fields } }, (app) => {
      app.get('/boom', async () => Promise.reject(causes(9)))
      app.get('/*', async () => 'ok')
    })
    await app.inject(`/${'"é'.repeat(5000)}`)
    await app.inject('/boom')
    const [ok, failed] = lines().filter((line) => 'droppedFields' in line)
    t.match(ok, {
      text: /… \(\d+ more\)$/,
      list: Array,
      circle: { name: 'circle' },
      bytes: '(1000000 bytes)'
    })
    t.match(ok!.getter, /unreadable/)
    t.ok((failed!.droppedFields as number) > (ok!.droppedFields as number), 'the error comes first')
    for (const bytes of lineBytes(text())) t.ok(bytes <= 16_384, `${bytes} bytes`)
    t.ok(Math.max(...lineBytes(text())) > 12_000, 'and the room is used')
    for (const line of text().trimEnd().split('\n')) {
      const keys = [...line.matchAll(/[{,]"((?:http|error\.|field|route|body)[^"]*)":/g)].map(
        ([, key]) => key
      )
      t.equal(new Set(keys).size, keys.length, 'each key once')
    }
  })
}

t.test('any value that is logged as err is bounded', async (t) => {
  const { app, lines, text } = await build(t)
  const thrown = {
    ...extremeValues(),
    password: 'hunter2',
    headers: { authorization: 'hunter2', accept: 'x' }
  }
  app.log.error({ err: thrown }, 'object')
  for (const err of Object.values(thrown)) app.log.error({ err }, 'value')
  const unreadable = new Proxy(new Error('x'), {
    get() {
      throw new Error('no')
    }
  })
  app.log.error({ err: unreadable }, 'unreadable')
  app.log.error({ err: 'just text with token=hunter2' }, 'text')
  app.log.error({ err: Object.assign(new Error('real'), { cause: extremeValues().circle }) }, 'error')
  for (const bytes of lineBytes(text())) t.ok(bytes < 10_000, `${bytes} bytes`)
  t.notMatch(text().replace('"hunter2"},"msg":"value"', ''), /token=hunter2|"authorization":"hunter2"/)
  t.match(lines()[0], { err: { text: /… \(\d+ more\)$/ } })
  t.match(lines().at(-2), { err: 'just text with token=[redacted]' })
  t.match(lines().at(-1), { err: { type: 'Error', message: 'real' } })
})

t.test('a failing field function costs its fields, not the line', async (t) => {
  const fields = () => {
    throw new Error('oops')
  }
  const { app, requests } = await build(t, { logging: { fields } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  t.match(requests(), [{ statusCode: 200, fieldsError: /oops/ }])
})
