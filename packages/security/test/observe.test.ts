import t from 'tap'
import { headers, rateLimit, security, validation } from '../src/index.ts'
import { buildApp, captureLog, installClock, ok, post, statuses } from './helpers.ts'

const schema = {
  body: {
    type: 'object',
    required: ['amount'],
    properties: { amount: { type: 'integer' } },
    additionalProperties: false
  }
}

/** The lines about requests that would have been rejected. */
const observed = (lines: string[]) =>
  lines
    .map((line) => JSON.parse(line) as { msg: string })
    .filter(({ msg }) => msg.includes('would be rejected'))

t.test('validation only reports what it would reject, and treats bodies as Fastify does', async (t) => {
  const { lines, logger } = captureLog()
  const app = await buildApp(
    t,
    validation,
    { mode: 'observe', maxDepth: 3 },
    (app) => app.post('/', { schema }, async ({ body }) => body),
    { logger }
  )

  const response = await post(app, { amount: '12', note: 'secret' })
  t.strictSame([response.statusCode, response.json()], [200, { amount: 12 }], 'coerced and without the note')
  t.equal((await post(app, { amount: 1, a: { b: { c: {} } } })).statusCode, 200)
  t.equal((await post(app, { amount: 'many' })).statusCode, 400, 'as without the plugin')
  t.equal((await post(app, { amount: '1' })).statusCode, 200)
  const reports = observed(lines)
  t.match(reports, [
    { level: 40, msg: /the body of POST \/ would be rejected \(the schema's #\/additionalProperties\)/ },
    { msg: /POST \/ would be rejected \(BODY_TOO_DEEP\)/ },
    { msg: /the body of POST \/ would be rejected \(the schema's #\/properties\/amount\/type\)/ }
  ])
  t.notMatch(lines.join(), /secret/, 'without values')
})

t.test('a body that validation would accept is not reported, nor one of a form', async (t) => {
  const { lines, logger } = captureLog()
  const app = await buildApp(
    t,
    validation,
    { mode: 'observe' },
    (app) => {
      app.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string' },
        (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string)))
      )
      app.post('/', { schema }, ok)
    },
    { logger }
  )
  t.equal((await post(app, { amount: 1 })).statusCode, 200)
  t.equal((await post(app, 'amount=1', 'application/x-www-form-urlencoded')).statusCode, 200)
  t.strictSame(observed(lines), [])
})

t.test('an observing validation starts with unsafe patterns and warns', async (t) => {
  const { lines, logger } = captureLog()
  const slow = { body: { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } } }
  await buildApp(
    t,
    validation,
    { mode: 'observe', onMissingSchema: 'error' },
    (app) => {
      app.post('/', { schema: slow }, ok)
      app.post('/open', ok)
    },
    { logger }
  )
  t.match(lines.join(), /has an unsafe pattern at \/body\/properties\/a\/pattern/)
  t.match(lines.join(), /1 route takes input without a schema/)
})

t.test('a content type that a route does not list passes and is reported', async (t) => {
  const { lines, logger } = captureLog()
  const content = { 'application/json': { schema: schema.body } }
  const app = await buildApp(
    t,
    validation,
    { mode: 'observe' },
    (app) => app.post('/', { schema: { body: { content } } }, ok),
    { logger }
  )
  t.equal((await post(app, 'text', 'text/plain')).statusCode, 200)
  t.match(observed(lines), [{ msg: /UNSUPPORTED_CONTENT_TYPE/ }])
})

t.test('limits only report, those of routes too, once a minute each', async (t) => {
  const clock = installClock(t)
  const { lines, logger } = captureLog()
  const app = await buildApp(
    t,
    rateLimit,
    { mode: 'observe', max: 1 },
    (app) => {
      app.get('/', ok)
      app.get('/route', { config: { rateLimit: { max: 0 } } }, ok)
      app.get('/enforced', { config: { rateLimit: { max: 0, observe: false } } }, ok)
    },
    { logger }
  )
  t.strictSame(await statuses(app, 4), [200, 200, 200, 200])
  t.strictSame(await statuses(app, 1, '/route'), [200])
  t.strictSame(await statuses(app, 1, '/enforced'), [429], 'a limit may enforce all the same')
  t.match(observed(lines), [
    { count: 1, msg: /a request over the limit ip would be rejected \(max is 1\)/ },
    { msg: /a request over the limit GET \/route/ }
  ])
  clock.tick(30_000)
  await statuses(app, 1)
  clock.tick(31_000)
  await statuses(app, 3)
  t.match(observed(lines)[2], { count: 4 }, 'the number since the line before')
})

t.test('headers are observed: the policy is only reported, and no other header breaks a page', async (t) => {
  const app = await buildApp(
    t,
    headers,
    { mode: 'observe', referrerPolicy: { policy: 'same-origin' } },
    (app) => {
      app.get('/', ok)
      app.get('/enforced', { config: { headers: { mode: 'enforce' } } }, ok)
      app.get('/framed', { config: { headers: { xFrameOptions: { action: 'deny' } } } }, ok)
    }
  )
  const { headers: sent } = await app.inject('/')
  t.match(sent, {
    'content-security-policy-report-only': /default-src 'none'/,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin'
  })
  for (const name of [
    'content-security-policy',
    'strict-transport-security',
    'x-frame-options',
    'cross-origin-opener-policy',
    'cross-origin-resource-policy',
    'permissions-policy',
    'cache-control'
  ]) {
    t.notOk(name in sent, name)
  }
  t.match((await app.inject('/enforced')).headers, { 'content-security-policy': /none/ })
  t.match((await app.inject('/framed')).headers, { 'x-frame-options': 'DENY' }, 'the app asked for it')
})

t.test("security's mode is that of its parts, unless they have their own", async (t) => {
  const { lines, logger } = captureLog()
  const app = await buildApp(
    t,
    security,
    { mode: 'observe', rateLimit: { max: 1 }, headers: { mode: 'enforce' } },
    (app) => app.post('/', { schema }, ok),
    { logger }
  )
  const responses = [await post(app, { amount: '1' }), await post(app, { amount: 1 })]
  t.strictSame(
    responses.map(({ statusCode }) => statusCode),
    [200, 200]
  )
  t.ok(responses[0]!.headers['content-security-policy'])
  t.equal(observed(lines).length, 2)
})
