import t from 'tap'
import {
  AppError,
  defineError,
  isAppError,
  NotFoundError,
  UnauthorizedError,
  ValidationError,
  type AppErrorOptions
} from '../src/index.ts'
import { build } from './helpers.ts'

/** A subclass as a service writes it. */
class PaymentError extends AppError {
  constructor(message = 'Payment failed', details?: unknown) {
    super(message, { statusCode: 402, code: 'PAYMENT_FAILED', details })
    Error.captureStackTrace(this, this.constructor)
  }
}

const cases: [string, () => AppError, object][] = [
  [
    'a message',
    () => new AppError('x'),
    { statusCode: 500, code: 'INTERNAL_SERVER_ERROR', message: 'An error occurred' }
  ],
  [
    'a status',
    () => new AppError('No tea', { statusCode: 418 }),
    { statusCode: 418, code: 'IM_A_TEAPOT', message: 'No tea' }
  ],
  [
    'a status and a code',
    () => new AppError('Busy', { statusCode: 409, code: 'ORDER_LOCKED' }),
    { statusCode: 409, code: 'ORDER_LOCKED', message: 'Busy' }
  ],
  [
    'a status, a code and details',
    () => new AppError('Busy', { statusCode: 409, code: 'ORDER_LOCKED', details: { order: '7' } }),
    { statusCode: 409, code: 'ORDER_LOCKED', details: { order: '7' } }
  ],
  [
    'no status, but a code',
    () => new AppError('x', { statusCode: undefined, code: 'BROKEN' }),
    { statusCode: 500, code: 'BROKEN' }
  ],
  [
    'a status that is no error',
    () => new AppError('x', { statusCode: 200, code: 'FINE' }),
    { statusCode: 500, code: 'FINE' }
  ],
  ['null', () => new AppError('x', null as unknown as AppErrorOptions), { statusCode: 500 }],
  [
    'a resource',
    () => new NotFoundError('User'),
    { statusCode: 404, code: 'NOT_FOUND', message: 'User not found' }
  ],
  [
    'no resource',
    () => new NotFoundError(),
    { statusCode: 404, code: 'NOT_FOUND', message: 'Resource not found' }
  ],
  [
    'no reason',
    () => new UnauthorizedError(),
    { statusCode: 401, code: 'UNAUTHORIZED', message: 'Unauthorized' }
  ],
  ['a reason', () => new UnauthorizedError('Token expired'), { statusCode: 401, message: 'Token expired' }],
  [
    'nothing',
    () => new ValidationError(),
    { statusCode: 400, code: 'VALIDATION_ERROR', message: 'Validation failed' }
  ],
  [
    'details as a list',
    () => new ValidationError('No', [{ field: 'age' }]),
    { statusCode: 400, details: [{ field: 'age' }] }
  ],
  [
    'details as an object',
    () => new ValidationError('No', { age: 'too low' }),
    { details: { age: 'too low' } }
  ],
  [
    'details with a code',
    () => new ValidationError('No', { code: 'TOO_LOW', field: 'age' }),
    { code: 'VALIDATION_ERROR', details: { code: 'TOO_LOW', field: 'age' } }
  ],
  ['details as text', () => new ValidationError('No', 'age'), { statusCode: 400, details: 'age' }],
  [
    'a subclass',
    () => new PaymentError(),
    { statusCode: 402, code: 'PAYMENT_FAILED', message: 'Payment failed' }
  ],
  [
    'a subclass with details',
    () => new PaymentError('No', { card: 'old' }),
    { code: 'PAYMENT_FAILED', details: { card: 'old' } }
  ]
]

for (const [what, make, expected] of cases) {
  t.test(`${make().name} with ${what} becomes a response with its members`, async (t) => {
    const { app } = await build(t, {}, (app) => {
      app.get('/', async () => {
        throw make()
      })
    })
    const response = await app.inject('/')
    t.match(response.json(), expected)
    t.equal(response.statusCode, response.json().statusCode)
    t.ok(isAppError(make(), response.json().code))
  })
}

t.test('an object with an option of a validation error is never sent as its details', async (t) => {
  const cause = new Error('hunter2')
  const error = new ValidationError('No', { cause, headers: { 'x-a': 'b' }, unknown: 1 })
  t.match(error, { cause, headers: { 'x-a': 'b' }, code: 'VALIDATION_ERROR' })
  t.equal(error.details, undefined)
})

t.test('the validation errors that Fastify attaches may be passed as details', async (t) => {
  const { app } = await build(t, {}, (app) => {
    const schema = { body: { type: 'object', required: ['age'], properties: { age: { type: 'integer' } } } }
    app.post('/', { schema, attachValidation: true }, async ({ validationError }) => {
      throw new ValidationError('Validation failed', validationError?.validation)
    })
  })
  const response = await app.inject({ method: 'POST', url: '/', payload: {} })
  t.match(response.json(), { statusCode: 400, code: 'VALIDATION_ERROR', details: [{ keyword: 'required' }] })
})

t.test('arguments by position are rejected: they would become a 500 unnoticed', async (t) => {
  const PositionalError = AppError as unknown as new (message: string, status: number, code: string) => Error
  t.throws(() => new PositionalError('Busy', 409, 'ORDER_LOCKED'), {
    name: 'RangeError',
    code: 'INVALID_OPTION',
    message: 'errors: the second argument of AppError must be { statusCode, code, … }, got 409'
  })
})

t.test('isAppError recognises nothing but errors with the brand and a code', async (t) => {
  const brand = Symbol.for('seaworthy.error.v1')
  for (const value of [
    null,
    undefined,
    'x',
    7,
    {},
    new Error('x'),
    { [brand]: true },
    { [brand]: 'yes', code: 'X' }
  ]) {
    t.notOk(isAppError(value))
  }
})

t.test('a defined error takes the arguments of its message, then options', async (t) => {
  const UserNotFound = defineError('USER_NOT_FOUND', {
    statusCode: 404,
    message: (id: string, tenant: number) => `There is no user ${id} in ${tenant}`
  })
  const cause = new Error('the cause')
  const error = new UserNotFound('42', 7, { cause, headers: { 'x-a': 'b' } })
  t.match(error, {
    name: 'UserNotFoundError',
    message: 'There is no user 42 in 7',
    code: 'USER_NOT_FOUND',
    statusCode: 404,
    cause,
    headers: { 'x-a': 'b' }
  })
  const Down = defineError('DOWN', { statusCode: 503, message: 'Back at ten', expose: true })
  t.match(new Down(), { message: 'Back at ten', expose: true, name: 'DownError' })
  t.equal(new (defineError('X', { statusCode: 409 }))().message, 'Conflict')
  t.ok(isAppError(error, 'USER_NOT_FOUND'))
})
