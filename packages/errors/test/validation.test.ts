import t from 'tap'
import { AppError, ConflictError, ValidationError } from '../src/index.ts'
import { build } from './helpers.ts'

const secret = 'postgres://user:hunter2@db/app'

t.test(
  'failed validation lists field, rule and message, without schema path and submitted value',
  async (t) => {
    const body = {
      type: 'object',
      required: ['name'],
      properties: {
        'a/b~c': { type: 'integer' },
        items: {
          type: 'array',
          items: { type: 'object', properties: { price: { type: 'number', minimum: 1 } } }
        },
        color: { enum: ['red', 'blue'] }
      }
    }
    const { app } = await build(
      t,
      {},
      (app) => {
        app.post('/', { schema: { body } }, async () => 'ok')
        app.get(
          '/',
          { schema: { querystring: { type: 'object', properties: { page: { type: 'integer' } } } } },
          async () => 1
        )
      },
      { ajv: { customOptions: { allErrors: true, verbose: true } } }
    )
    const payload = { 'a/b~c': 'hunter2', items: [{ price: -99 }], color: 'hunter2' }
    const response = await app.inject({ method: 'POST', url: '/', payload })
    t.match(response.json(), {
      message: 'Validation failed',
      details: [
        { in: 'body', pointer: '/name', keyword: 'required', message: "must have required property 'name'" },
        { in: 'body', pointer: '/a~1b~0c', keyword: 'type', message: 'must be integer' },
        { in: 'body', pointer: '/items/0/price', keyword: 'minimum', message: 'must be >= 1' },
        {
          in: 'body',
          pointer: '/color',
          keyword: 'enum',
          message: 'must be equal to one of the allowed values'
        }
      ]
    })
    t.notMatch(response.payload, /hunter2|-99|schemaPath|params|parentSchema/)
    t.strictSame(Object.keys(response.json().details[0]), ['pointer', 'keyword', 'message', 'in'])
    t.match((await app.inject('/?page=hunter2')).json().details, [{ in: 'querystring', pointer: '/page' }])

    const problem = await app.inject({ url: '/?page=x', headers: { accept: 'application/problem+json' } })
    t.match(problem.json(), { errors: [{ in: 'querystring', pointer: '/page', keyword: 'type' }] })
  }
)

t.test('a message of another validation library that quotes the submitted value is not sent', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.setValidatorCompiler(() => (data) => {
      const issues = [
        {
          path: ['user', 'role'],
          code: 'invalid_enum',
          message: `expected 'admin', received '${data.user.role}'`
        },
        { path: ['user', 0], code: 'too_small', message: 'too small' },
        'a string',
        null
      ]
      return { error: Object.assign(new Error(`bad ${data.user.role}`), { validation: issues }) as Error }
    })
    app.post('/', { schema: { body: {} } }, async () => 'ok')
  })
  const response = await app.inject({ method: 'POST', url: '/', payload: { user: { role: 'hunter2' } } })

  t.equal(response.statusCode, 400)
  t.match(response.json().details, [
    { pointer: '/user/role', keyword: 'invalid_enum', message: 'is not valid' },
    { pointer: '/user/0', keyword: 'too_small', message: 'too small' },
    { pointer: '', keyword: 'custom', message: 'is not valid' },
    { pointer: '', keyword: 'custom' }
  ])
  t.notMatch(response.payload, /hunter2/)
})

t.test('many violations at once make a bounded response', async (t) => {
  const { app } = await build(
    t,
    {},
    (app) => {
      const body = { type: 'array', items: { type: 'integer' } }
      app.post('/', { schema: { body } }, async () => 'ok')
    },
    { ajv: { customOptions: { allErrors: true, coerceTypes: false } } }
  )
  const response = await app.inject({
    method: 'POST',
    url: '/',
    payload: Array.from({ length: 5000 }, () => 'x')
  })

  t.equal(response.json().details.length, 50)
  t.ok(response.payload.length < 16_384)
})

t.test('details of an AppError are sent, and a list of them is "errors" in problem details', async (t) => {
  const { app } = await build(t, { extensions: ['balance'] }, (app) => {
    app.get('/list', async () => {
      throw new ValidationError('No', [{ pointer: '/age', keyword: 'adult', message: 'must be of age' }])
    })
    app.get('/options', async () => {
      throw new ValidationError('No', { code: 'TOO_YOUNG', details: { age: 'must be of age' } })
    })
    app.get('/object', async () => {
      throw new ValidationError('No', { age: 'must be of age' } as never)
    })
    app.get('/extended', async () => {
      throw new AppError('Out of credit', { statusCode: 403, extensions: { balance: 30, internal: secret } })
    })
  })
  const problem = async (url: string) =>
    (await app.inject({ url, headers: { accept: 'application/problem+json' } })).json()

  t.match((await app.inject('/list')).json(), { code: 'VALIDATION_ERROR', details: [{ pointer: '/age' }] })
  t.match(await problem('/list'), { errors: [{ pointer: '/age', keyword: 'adult' }] })
  t.match((await app.inject('/options')).json(), { code: 'TOO_YOUNG', details: { age: 'must be of age' } })
  t.match(await problem('/options'), { details: { age: 'must be of age' } })
  t.match((await app.inject('/object')).json(), { details: { age: 'must be of age' } })
  const extended = await app.inject('/extended')
  t.equal(extended.json().balance, 30, 'an extension that is on the list')
  t.notMatch(extended.payload, /hunter2/, 'an extension that is not on the list')
  t.equal((await problem('/extended')).balance, 30)
})

t.test('details that JSON cannot represent are left out', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const unreadable = {
    toJSON() {
      throw new Error(secret)
    }
  }
  for (const details of [cycle, { big: 1n }, unreadable, [unreadable]]) {
    const { app } = await build(t, {}, (app) => {
      app.get('/', async () => {
        throw new ConflictError('clash', { details })
      })
    })
    const response = await app.inject('/')
    t.match(response.json(), { statusCode: 409, message: 'clash', correlationId: 'req-1' })
    t.notMatch(response.payload, /hunter2/)
  }
})
