import type { FastifyInstance } from 'fastify'
import Joi from 'joi'
import t from 'tap'
import * as yup from 'yup'
import { z } from 'zod'
import { build } from './helpers.ts'

const secret = 'hunter2'
const payload = { user: { role: secret }, items: [{ price: 0 }] }

const joi = Joi.object({
  user: Joi.object({ role: Joi.string().valid('admin'), name: Joi.string().required() }),
  items: Joi.array().items(Joi.object({ price: Joi.number().min(1) }))
})
const yupSchema = yup.object({
  user: yup.object({ role: yup.string().oneOf(['admin']), name: yup.string().required() }),
  items: yup.array().of(yup.object({ price: yup.number().min(1) }))
})
const zod = z.object({
  user: z.object({ role: z.enum(['admin']), name: z.string() }),
  items: z.array(z.object({ price: z.number().min(1) }))
})

/** The ways in which validators are wired: returning the error, throwing it, rejecting with it. */
const validators: Record<string, (data: unknown) => unknown> = {
  'joi, all failures': (data) => joi.validate(data, { abortEarly: false }),
  'joi, thrown': (data) => Joi.attempt(data, joi),
  'yup, returned': (data) => {
    try {
      return { value: yupSchema.validateSync(data, { abortEarly: false }) }
    } catch (error) {
      return { error }
    }
  },
  'yup, thrown': (data) => ({ value: yupSchema.validateSync(data) }),
  'yup, asynchronous': async (data) => yupSchema.validate(data, { abortEarly: false }),
  'zod, returned': (data) => {
    const { success, data: value, error } = zod.safeParse(data)
    return success ? { value } : { error }
  },
  'zod, thrown': (data) => ({ value: zod.parse(data) })
}

for (const [name, validate] of Object.entries(validators)) {
  t.test(`a failure of ${name}, is a 400 with its details and without submitted values`, async (t) => {
    const { app, requestLines } = await build(t, {}, (app) => {
      app.post('/', { schema: { body: {} }, validatorCompiler: () => validate as never }, async () => 'never')
    })
    const response = await app.inject({ method: 'POST', url: '/', payload })
    const { code, message, details } = response.json()
    t.strictSame([response.statusCode, code, message], [400, 'FST_ERR_VALIDATION', 'Validation failed'])
    t.notMatch(response.payload, secret)
    t.ok(details.length > 0)
    for (const { in: part, pointer, message } of details) {
      t.equal(part, 'body')
      t.match(pointer, /^\/(user\/(role|name)|items\/0\/price)$/)
      t.type(message, 'string')
    }
    t.match(requestLines(), [{ level: 30 }])
  })
}

class StructError extends TypeError {
  path = ['user', 'role']
  failures: () => Generator<object>
  constructor(value: unknown) {
    super(`At path: user.role -- Expected "admin", but received: ${JSON.stringify(value)}`)
    this.failures = function* (this: StructError) {
      yield { path: this.path, type: 'literal', message: this.message }
    }
  }
}

class TypeGuardError extends Error {
  path = '$input.user.role'
  value = secret
}

const withMembers = (members: object) =>
  Object.assign(new (class ValidationError extends Error {})('no'), members)

/** Failures as Superstruct, typia, VineJS, class-validator, TypeBox and others make them. */
const failures: Record<string, [failure: (data: unknown) => unknown, details: object[]]> = {
  superstruct: [
    () => new StructError(secret),
    [{ pointer: '/user/role', keyword: 'literal', message: 'is not valid' }]
  ],
  typia: [() => new TypeGuardError(secret), [{ message: 'is not valid' }]],
  vinejs: [
    () => withMembers({ messages: [{ field: 'user.name', rule: 'required', message: 'must be there' }] }),
    [{ pointer: '/user/name', keyword: 'required', message: 'must be there' }]
  ],
  'class-validator': [
    () => [{ property: 'name', value: secret, constraints: { isString: 'name must be a string' } }],
    [{ pointer: '/name', keyword: 'isString', message: 'name must be a string' }]
  ],
  typebox: [
    () => [{ path: '/user/name', type: 54, value: secret, message: 'Expected string' }],
    [{ pointer: '/user/name', message: 'Expected string' }]
  ],
  mongoose: [
    () =>
      withMembers({
        errors: { 'user.name': { path: 'user.name', kind: 'required', message: 'is required' } }
      }),
    [{ pointer: '/user/name', message: 'is required' }]
  ],
  'express-validator': [
    () => [{ path: 'user.name', location: 'body', msg: 'is empty' }],
    [{ pointer: '/user/name', message: 'is empty' }]
  ]
}

for (const [name, [fail, details]] of Object.entries(failures)) {
  t.test(`a failure as ${name} makes it is a 400, returned, thrown or rejected`, async (t) => {
    const ways: Record<string, (data: unknown) => unknown> = {
      returned: (data) => ({ error: fail(data) }),
      thrown: (data) => {
        throw fail(data)
      },
      rejected: async (data) => Promise.reject(fail(data))
    }
    const { app } = await build(t, {}, (app) => {
      for (const [way, validate] of Object.entries(ways)) {
        const schema = { body: {} }
        app.post(`/${way}`, { schema, validatorCompiler: () => validate as never }, async () => 'never')
      }
    })
    for (const way of Object.keys(ways)) {
      const response = await app.inject({ method: 'POST', url: `/${way}`, payload })
      t.equal(response.statusCode, 400, way)
      t.notMatch(response.payload, secret, way)
      t.match(response.json().details, details, way)
    }
  })
}

t.test('failures in an object that is no error are read, with the words of the app', async (t) => {
  const { app } = await build(t, {}, (app) => {
    const fail = () => ({
      error: { issues: [{ path: ['user', 'name'], code: 'invalid_type', message: 'no text' }] }
    })
    app.setSchemaErrorFormatter(() => new Error('Please look again'))
    app.post('/', { schema: { body: {} }, validatorCompiler: () => fail as never }, async () => 'never')
  })
  const response = await app.inject({ method: 'POST', url: '/', payload })
  t.match(response.json(), {
    statusCode: 400,
    details: [{ pointer: '/user/name', keyword: 'invalid_type', message: 'no text' }]
  })
})

t.test('a submitted value that a library quotes as JSON, or only begins to quote, is not sent', async (t) => {
  const value = `a"b\n${secret}, and what makes it long: ${'x'.repeat(100)}`
  const { app } = await build(t, {}, (app) => {
    const quote = (data: { name: string }) => ({
      error: [
        { path: ['name'], message: `got ${JSON.stringify(data.name)}` },
        { path: ['name'], message: `got ${data.name.slice(0, 40)}…` }
      ]
    })
    app.post('/', { schema: { body: {} }, validatorCompiler: () => quote as never }, async () => 'never')
  })
  const response = await app.inject({ method: 'POST', url: '/', payload: { name: value } })
  t.match(response.json().details, [{ message: 'is not valid' }, { message: 'is not valid' }])
})

t.test('a short value that is in the words of a message by chance leaves the message as it is', async (t) => {
  const schema = z.object({ name: z.string().min(2), age: z.number().min(18), pin: z.enum(['none']) })
  const validate = (data: unknown) => {
    const { error } = schema.safeParse(data)
    return error ? { error } : { value: data }
  }
  const quoting = (value: string) => ({
    error: Object.assign(new Error('x'), { issues: [{ path: ['pin'], message: `received ${value}` }] })
  })
  const { app } = await build(t, {}, (app) => {
    app.post('/', { schema: { body: {} }, validatorCompiler: () => validate as never }, async () => 'never')
    for (const [url, text] of [
      ['/quoted', "'z'"],
      ['/word', '123']
    ] as const)
      app.post(
        url,
        { schema: { body: {} }, validatorCompiler: () => () => quoting(text) as never },
        async () => 'never'
      )
  })
  const messages = async (url: string, payload: object) => {
    const { details } = (await app.inject({ method: 'POST', url, payload })).json<{
      details: { message: string }[]
    }>()
    return details.map(({ message }) => message)
  }
  const [name, age] = await messages('/', { name: 'a', age: 1, pin: 'none' })
  t.match(name, />=2 characters/)
  t.match(age, />=18/)
  t.strictSame(await messages('/quoted', { pin: 'z' }), ['is not valid'])
  t.strictSame(await messages('/word', { pin: '123' }), ['is not valid'])
})

t.test('a validator that fails itself is a 500', async (t) => {
  const { app } = await build(t, {}, (app) => {
    const broken = () => {
      throw new TypeError(secret)
    }
    app.post('/', { schema: { body: {} }, validatorCompiler: () => broken }, async () => 'never')
  })
  const response = await app.inject({ method: 'POST', url: '/', payload })
  t.equal(response.statusCode, 500)
  t.notMatch(response.payload, secret)
})

t.test('a status that a validator has set is kept', async (t) => {
  const { app } = await build(t, {}, (app) => {
    const validate = () => ({ error: Object.assign(new Error('no'), { statusCode: 422 }) })
    app.post('/', { schema: { body: {} }, validatorCompiler: () => validate }, async () => 'never')
  })
  t.match(await app.inject({ method: 'POST', url: '/', payload }), { statusCode: 422 })
})

t.test('a failed validation inside a handler is no failure of the client', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => zod.parse({ from: 'the database' }))
  })
  t.match(await app.inject('/'), { statusCode: 500 })
})

t.test('the words of schemaErrorFormatter are sent, of a route, a scope and the app', async (t) => {
  const schema = { body: { type: 'object', required: ['name'] } }
  const words = (text: string) => ({
    schemaErrorFormatter: (errors: unknown[], part: string) => new Error(`${text}: ${part} ${errors.length}`)
  })
  const routes = async (app: FastifyInstance) => {
    app.post('/app', { schema }, async () => 1)
    app.post('/route', { schema, ...words('route') }, async () => 1)
    await app.register(async (scope) => {
      scope.setSchemaErrorFormatter(words('scope').schemaErrorFormatter)
      scope.post('/scope', { schema }, async () => 1)
    })
  }
  const { app } = await build(t, {}, routes, words('app'))
  for (const level of ['app', 'route', 'scope']) {
    const response = await app.inject({ method: 'POST', url: `/${level}`, payload: {} })
    t.match(response.json(), {
      statusCode: 400,
      message: `${level}: body 1`,
      details: [{ pointer: '/name', keyword: 'required' }]
    })
  }
  const complete = await build(t, {}, async (app) => {
    const schemaErrorFormatter = (validation: unknown[], validationContext: string) =>
      Object.assign(new Error('Please give a name'), { validation, validationContext })
    app.post('/route', { schema, schemaErrorFormatter }, async () => 1)
    await app.register(async (scope) => {
      scope.setSchemaErrorFormatter(schemaErrorFormatter)
      scope.post('/scope', { schema }, async () => 1)
    })
    const plain = () => ({ message: 'An object of words' }) as Error
    app.post('/object', { schema, schemaErrorFormatter: plain }, async () => 1)
  })
  const worded = async (url: string) =>
    (await complete.app.inject({ method: 'POST', url, payload: {} })).json().message
  t.equal(await worded('/route'), 'Please give a name', 'a formatter that sets the members of Fastify')
  t.equal(await worded('/scope'), 'Please give a name')
  t.equal(await worded('/object'), 'An object of words')

  const chosen = await build(t, {}, (app) => {
    const schemaErrorFormatter = () =>
      Object.assign(new Error('No name'), { statusCode: 422, code: 'NO_NAME' })
    app.post('/', { schema, schemaErrorFormatter }, async () => 1)
  })
  const response = await chosen.app.inject({ method: 'POST', url: '/', payload: {} })
  t.match(response.json(), { statusCode: 422, code: 'NO_NAME', message: 'No name' })
})
