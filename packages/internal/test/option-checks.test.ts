import t from 'tap'
import { nearest, optionChecks } from '../src/index.ts'

const check = optionChecks('part')

const errorOf = (fn: () => unknown): RangeError & { code?: string } => {
  try {
    fn()
  } catch (error) {
    return error as RangeError
  }
  throw new Error('nothing was thrown')
}

t.test('a right value comes back', async (t) => {
  t.equal(check.integer('size', 3, { min: 3, max: 3 }), 3)
  t.equal(check.number('ratio', 0.5, { max: 1 }), 0.5)
  t.equal(check.boolean('on', false), false)
  t.equal(check.string('name', 'a'), 'a')
  t.equal(check.oneOf('mode', 'b', ['a', 'b']), 'b')
  check.object('part', {})
  check.keys('part', { a: 1 }, ['a', 'b'])
  check.keys('', { a: 1, prefix: '/x', logLevel: 'warn' }, ['a'])
})

t.test(
  'a wrong value throws an error that names option, rule and value, with the code INVALID_OPTION',
  async (t) => {
    const cases: [() => unknown, string][] = [
      [() => check.integer('size', 1.5), 'part: "size" must be a whole number, got 1.5'],
      [
        () => check.integer('wait', -1, { min: 0, unit: 'milliseconds' }),
        'part: "wait" must be a whole number of milliseconds, at least 0, got -1'
      ],
      [
        () => check.integer('size', NaN, { min: 1 }),
        'part: "size" must be a whole number of at least 1, got NaN'
      ],
      [
        () => check.number('ratio', '1', { min: 0, max: 1 }),
        'part: "ratio" must be a number from 0 to 1, got \'1\''
      ],
      [() => check.number('ratio', 2, { max: 1 }), 'part: "ratio" must be a number, 1 at most, got 2'],
      [() => check.boolean('on', 'yes'), 'part: "on" must be true or false, got \'yes\''],
      [() => check.string('name', ''), 'part: "name" must be a non-empty string, got \'\''],
      [() => check.oneOf('mode', [], ['a', 'b']), "part: \"mode\" must be one of 'a', 'b', got an array"],
      [() => check.fn('find', {}), 'part: "find" must be a function, got an object'],
      [() => check.object('cors', true), 'part: "cors" must be an object, got true'],
      [() => check.object('cors', []), 'part: "cors" must be an object, got an array'],
      [
        () => check.object('cors', 'https://user:pw@a', 'an object or false'),
        'part: "cors" must be an object or false, got a string'
      ],
      [() => check.keys('', { pth: 1 }, ['path']), 'part: "pth" is not an option, did you mean "path"?'],
      [() => check.keys('a', { prefix: 1 }, ['path']), 'part: "a.prefix" is not an option'],
      [
        () => check.fail('key', 'a text', 'x'.repeat(70)),
        `part: "key" must be a text, got '${'x'.repeat(60)}…'`
      ]
    ]
    for (const [fn, message] of cases) {
      const error = errorOf(fn)
      t.equal(error.message, message)
      t.equal(error.code, 'INVALID_OPTION')
      t.ok(error instanceof RangeError)
    }
  }
)

t.test('the suggestion is the nearest name within two edits', async (t) => {
  t.equal(nearest('timeOut', ['interval', 'timeout']), 'timeout')
  t.equal(nearest('limti', ['limit', 'list']), 'limit')
  t.equal(nearest('something', ['limit']), undefined)
})

t.test('a text that may be a secret is not in the message', async (t) => {
  const text = 'redis://:hunter2hunter2@cache:6379'
  for (const rule of [
    'an object or false',
    'an ioredis client',
    'true, false or options',
    'a connection ({ host })'
  ])
    t.equal(
      errorOf(() => check.fail('redis', rule, text)).message,
      `part: "redis" must be ${rule}, got a string`
    )
  t.match(errorOf(() => check.fail('issuer.clientSecret', 'a number', 'pst')).message, /got a string$/)
  t.match(errorOf(() => check.fail('api.token', 'a number', 'pst')).message, /got a string$/)
  t.match(
    errorOf(() => check.fail('url', 'an https URL', 'grpc://user:hunter2@collector')).message,
    /got 'grpc:/
  )
  t.notMatch(
    errorOf(() => check.fail('url', 'an https URL', 'grpc://user:hunter2@collector')).message,
    'hunter2'
  )
  t.match(errorOf(() => check.fail('url', 'short', 'x'.repeat(70))).message, `'${'x'.repeat(60)}…'`)
})

t.test('the switch of a loader is no option of a package', async () => {
  check.keys('', { skipOverride: true, prefix: '/x' }, ['a'])
})

t.test('a text that looks like a key is in no message, whatever the option is', async (t) => {
  const key = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'
  for (const rule of ['true or false', 'a whole number', 'a list of names'])
    t.match(errorOf(() => check.fail('level', rule, key)).message, /got a string$/)
  t.match(errorOf(() => check.fail('path', 'a path', '/a-long-path-of-many-words')).message, /many-words/)
})

t.test('a secret of digits, and one in a list, are not in the message', async (t) => {
  const digits = 12_345_678_901_234
  for (const [option, value] of [
    ['jwt.secret', digits],
    ['management.token', BigInt(digits)],
    ['session.secret.0', String(digits)],
    ['jwt.secret[1]', String(digits)]
  ] as const)
    t.notMatch(errorOf(() => check.fail(option, 'a text', value)).message, String(digits), option)
  t.match(errorOf(() => check.fail('session.idleTimeout', 'a text', digits)).message, String(digits))
})

t.test(
  "a constructor's options that a loader passes on are none of a package, and a single one is a slip",
  async (t) => {
    check.keys('', { prefix: undefined, logger: true, bodyLimit: 5 }, ['a'])
    check.keys('', { genReqId: 1, logController: 2, ajv: {}, trustProxy: true }, ['a'])
    t.match(errorOf(() => check.keys('', { logger: true }, ['a'])).message, '"logger" is not an option')
    t.match(errorOf(() => check.keys('', { prefix: '/x', loger: true }, ['a'])).message, '"loger" is not')
  }
)

t.test('a secret in the place of a name is not in the message', async (t) => {
  for (const key of ['sk_live_4eC39HqLyjWD', 'redis://:hunter2hunter2@cache', 'x'.repeat(41), 'a b'])
    t.equal(
      errorOf(() => check.keys('apiKeys', { [key]: 1 }, ['prefix'])).message,
      'part: a key of "apiKeys", which is not shown because it may be a secret, is not an option'
    )
  t.match(errorOf(() => check.keys('', { base64: 1, 'x-key': 2 }, ['a'])).message, '"base64" is not')
})
