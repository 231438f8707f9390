// Classes as services write them by hand, thrown by code that doesn't change when it moves to this package.
import t from 'tap'
import {
  AppError,
  isAppError,
  NotFoundError,
  UnauthorizedError,
  ValidationError,
  type AppErrorOptions
} from '../src/index.ts'
import { build } from './support.ts'

/** A service's own, in the order that hand-written base classes have. */
class PaymentError extends AppError {
  constructor(message = 'Payment failed', details?: unknown) {
    super(message, 402, 'PAYMENT_FAILED', details)
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
    () => new AppError('No tea', 418),
    { statusCode: 418, code: 'IM_A_TEAPOT', message: 'No tea' }
  ],
  [
    'a status and a code',
    () => new AppError('Busy', 409, 'ORDER_LOCKED'),
    { statusCode: 409, code: 'ORDER_LOCKED', message: 'Busy' }
  ],
  [
    'a status, a code and details',
    () => new AppError('Busy', 409, 'ORDER_LOCKED', { order: '7' }),
    { statusCode: 409, code: 'ORDER_LOCKED', details: { order: '7' } }
  ],
  [
    'no status, but a code',
    () => new AppError('x', undefined, 'BROKEN'),
    { statusCode: 500, code: 'BROKEN' }
  ],
  ['a status that is no error', () => new AppError('x', 200, 'FINE'), { statusCode: 500, code: 'FINE' }],
  ['null', () => new AppError('x', null as unknown as AppErrorOptions), { statusCode: 500 }],
  [
    'options',
    () => new AppError('Busy', { statusCode: 409, code: 'ORDER_LOCKED' }),
    { statusCode: 409, code: 'ORDER_LOCKED', message: 'Busy' }
  ],
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
    'details with a code of their own',
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
  t.test(`${make().name} made of ${what} answers what it says`, async (t) => {
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

t.test('options of a validation error are options, and what is not for clients stays inside', async (t) => {
  const cause = new Error('hunter2')
  const error = new ValidationError('No', { cause, headers: { 'x-a': 'b' }, unknown: 1 })
  t.match(error, { cause, headers: { 'x-a': 'b' }, code: 'VALIDATION_ERROR' })
  t.equal(error.details, undefined)
})

t.test('the validation that Fastify attaches may be passed on as details', async (t) => {
  const { app } = await build(t, {}, (app) => {
    const schema = { body: { type: 'object', required: ['age'], properties: { age: { type: 'integer' } } } }
    app.post('/', { schema, attachValidation: true }, async ({ validationError }) => {
      throw new ValidationError('Validation failed', validationError?.validation)
    })
  })
  const response = await app.inject({ method: 'POST', url: '/', payload: {} })
  t.match(response.json(), { statusCode: 400, code: 'VALIDATION_ERROR', details: [{ keyword: 'required' }] })
})
