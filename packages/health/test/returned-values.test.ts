import { runInNewContext } from 'node:vm'
import t from 'tap'
import { build } from './helpers.ts'

const passes: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['true', true],
  ['rows of a database', [{ id: 1, status: 'shipped' }]],
  ['a result of pg', { command: 'SELECT', rowCount: 1, rows: [{ status: 'cancelled' }] }],
  ['a PONG', 'PONG'],
  ['a number', 0],
  ['an empty object', {}],
  ['a ping of MongoDB', { ok: 1 }],
  ['a response of fetch', new Response('ok', { status: 200 })],
  ['a response of axios', { status: 200, data: { status: 'down' }, config: {} }],
  ['UP', { status: 'UP' }],
  ['green', { status: 'green' }],
  ['SERVING', { status: 'SERVING' }],
  ['gRPC 1', { status: 1 }],
  ['a healthy terminus', { status: 'ok', info: { db: { status: 'up' } }, error: {}, details: {} }],
  ['terminus for each', { db: { status: 'up' }, cache: { status: 'up' } }],
  ['no error', { data: [], error: null }],
  ['settled promises', [{ status: 'fulfilled', value: 1 }]],
  ['a response of undici', { statusCode: 200, headers: {} }],
  ['a row with a switch', { id: 1, deleted: false }],
  ['a row with a word', { id: 1, phase: 'closed' }],
  ['a result for each', { database: true, cache: 'PONG' }],
  ['a list of results', ['PONG', true, { id: 1, deleted: false }]],
  ['an open connection of mongoose', { readyState: 1 }],
  ['no errors', { data: {}, errors: [] }],
  ['conditions that do not hold', { initialized: true, sealed: false, is_read_only: false, isPaused: false }],
  ['rows with a switch', [{ id: 1, online: false, active: false }]]
]

const degrades: [string, unknown][] = [
  ['degraded', 'degraded'],
  ['warn', { status: 'warn' }],
  ['yellow', { status: 'yellow' }]
]

const fails: [string, unknown, RegExp][] = [
  ['false', false, /returned false/],
  ['a word', 'Failed', /"Failed"/],
  ['two words', 'not ready', /"not ready"/],
  ['a word in capitals', 'OUT_OF_SERVICE', /OUT_OF_SERVICE/],
  ['an error', new Error('no route'), /^no route$/],
  ['an error of another realm', runInNewContext('new Error("no route")'), /no route/],
  ['unhealthy', { status: 'unhealthy' }, /unhealthy/],
  ['a state', { state: 'DISCONNECTED' }, /DISCONNECTED/],
  ['a health', { health: 'red' }, /red/],
  ['NOT_SERVING', { status: 'NOT_SERVING' }, /NOT_SERVING/],
  ['a status of HTTP', { status: 503 }, /503/],
  ['a bare status of HTTP', 502, /502/],
  ['a false status', { status: false }, /false/],
  ['a response of fetch', new Response('no', { status: 500 }), /ok: false/],
  ['ok: 0', { ok: 0 }, /ok: 0/],
  ['isConnected: false beside a number', { isConnected: false, latency: 3 }, /isConnected: false/],
  ['under pressure', { isUnderPressure: true }, /isUnderPressure: true/],
  ['a Map of results', new Map([['database', false]]), /false for "database"/],
  ['no number', NaN, /NaN, which is not understood/],
  ['a function', () => false, /a function, which is not understood/],
  [
    'a generator',
    (function* () {
      yield false
    })(),
    /a generator, whose code has not run/
  ],
  ['up: false', { up: false }, /up: false/],
  ['connected: false beside a good status', { status: 'ok', connected: false }, /connected: false/],
  ['an error member', { data: null, error: new Error('refused') }, /^refused$/],
  ['an error text', { error: 'refused' }, /refused/],
  ['terminus', { status: 'error', error: { db: { status: 'down' } } }, /"error"/],
  ['terminus for each', { cache: { status: 'up' }, db: { status: 'down', message: 'x' } }, /"db" is "down"/],
  ['an error for one', { db: new Error('db is gone') }, /db is gone/],
  [
    'a rejected promise',
    [
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('two') }
    ],
    /^two$/
  ],
  ['a response of undici', { statusCode: 503, headers: {} }, /503/],
  ['false for one', { database: false, cache: true }, /false for "database"/],
  ['a word for one', { database: 'up', cache: 'Not Ready' }, /"cache" is "Not Ready"/],
  ['a list of results', ['PONG', false], /false for "1"/],
  ['a settled promise of false', [{ status: 'fulfilled', value: false }], /false for "0"/],
  ['an error of a client that does not throw', { data: null, error: { message: 'refused' } }, /refused/],
  ['error: true', { error: true }, /error: true/],
  ['errors of GraphQL', { data: null, errors: [{ message: 'refused' }] }, /errors/],
  ['a closed connection of mongoose', { readyState: 0 }, /readyState: 0/],
  ['down: true', { down: true }, /down: true/],
  ['a word in a flag', { ok: 'false' }, /ok: false/],
  ['a false object', Object(false), /returned false/],
  ['a list of objects', [{ ok: true }, { ok: false, latency: 4 }], /a failure at index 1/],
  ['a condition beside a dependency', { isPaused: false, database: false }, /false for "database"/],
  ['a closed client', { closed: true }, /closed: true/],
  ['a word that is not understood', 'banana', /"banana", which is not understood: return true/],
  ['a status that is not understood', { status: 'OK-ish' }, /not understood/],
  ['a number that is not understood', { status: 7 }, /not understood/],
  [
    'a getter that throws',
    {
      get status() {
        throw new Error('a trap')
      }
    },
    /a trap/
  ]
]

const evaluate = async (t: import('tap').Test, value: unknown) => {
  const { app, lines } = await build(t, { cacheFor: 0, checks: { x: () => value } })
  await app.ready()
  for (let i = 0; i < 3; i++) await app.inject('/health/ready')
  return { check: app.health.status().checks['x']!, warnings: lines.filter(({ level }) => level === 40) }
}

for (const [name, value] of passes) {
  t.test(`a check that returns ${name} passes`, async (t) => {
    const { check, warnings } = await evaluate(t, value)
    t.match(check, { status: 'pass' })
    t.equal(warnings.length, 0)
  })
}

for (const [name, value] of degrades) {
  t.test(`a check that returns ${name} is degraded`, async (t) => {
    t.match((await evaluate(t, value)).check, { status: 'degraded' })
  })
}

for (const [name, value, error] of fails) {
  t.test(`a check that returns ${name} fails, with one line`, async (t) => {
    const { check, warnings } = await evaluate(t, value)
    t.match(check, { status: 'fail', error })
    t.equal(warnings.length, 1)
  })
}

t.test('the detail of a result is kept with the words of other libraries too', async (t) => {
  const { check } = await evaluate(t, { status: 'DOWN', detail: { lag: 5 } })
  t.match(check, { status: 'fail', detail: { lag: 5 } })
})
