import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyRequest } from 'fastify'
import {
  AppError,
  defineError,
  errorResponses,
  errors,
  errorsServerOptions,
  isAppError,
  NotFoundError,
  TooManyRequestsError,
  ValidationError,
  type ErrorCode,
  type ErrorMapping,
  type ErrorResponse,
  type ErrorsServerSettings
} from '@seaworthy/errors'

const error = new AppError('The order is being packed', { statusCode: 409, code: 'ORDER_LOCKED', cause: 1 })
expectTypeOf(error.statusCode).toEqualTypeOf<number>()
expectTypeOf(error.code).toEqualTypeOf<string>()
expectTypeOf(error.details).toEqualTypeOf<unknown>()
expectTypeOf(error).toExtend<Error>()
// @ts-expect-error no arguments by position
void new AppError('The order is being packed', 409, 'ORDER_LOCKED')
void new NotFoundError('User', { headers: { 'cache-control': 'no-store' } })
void new TooManyRequestsError(undefined, { retryAfter: 5 })
void new ValidationError('Wrong', [{ pointer: '/name', keyword: 'type', message: 'must be a string' }])
class Teapot extends AppError {
  constructor() {
    super('I am a teapot', { statusCode: 418 })
  }
}
expectTypeOf(new Teapot().statusCode).toEqualTypeOf<number>()
// @ts-expect-error a status is a number
void new AppError('x', { statusCode: '409' })
// @ts-expect-error a class has a fixed status
void new NotFoundError('User', { statusCode: 410 })

const OrderLocked = defineError('ORDER_LOCKED', {
  statusCode: 409,
  message: (id: string, by: number) => `Order ${id} is being packed by ${by}`
})
const locked = new OrderLocked('1', 2, { cause: error })
expectTypeOf(locked.code).toEqualTypeOf<'ORDER_LOCKED'>()
expectTypeOf(locked).toExtend<AppError>()
// @ts-expect-error the message needs both arguments
void new OrderLocked('1')
// @ts-expect-error an argument of another type
void new OrderLocked(1, 2)
const Plain = defineError('PLAIN')
expectTypeOf(new Plain().code).toEqualTypeOf<'PLAIN'>()
// @ts-expect-error not an option
defineError('PLAIN', { status: 404 })

declare const thrown: unknown
if (isAppError(thrown, 'ORDER_LOCKED')) expectTypeOf(thrown.code).toEqualTypeOf<'ORDER_LOCKED'>()
if (isAppError(thrown)) {
  expectTypeOf(thrown.code).toEqualTypeOf<string>()
  expectTypeOf(thrown.headers?.['retry-after']).not.toBeAny()
}

const app = Fastify({ ...errorsServerOptions() })
await app.register(errors, {
  logLevel: 'warn',
  map: [
    { match: 'ECONNREFUSED', to: 503 },
    { match: TypeError, to: { statusCode: 400, code: 'WRONG_TYPE' } },
    {
      match: (cause) => cause instanceof RangeError,
      to(cause, request) {
        expectTypeOf(cause).toEqualTypeOf<unknown>()
        expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
        return new NotFoundError('Range')
      }
    }
  ],
  expose: (_error, statusCode) => statusCode < 503
})
// @ts-expect-error neither a class nor a code nor a function
const wrong: ErrorMapping = { match: 5, to: 404 }
// @ts-expect-error not a format
await app.register(errors, { format: 'xml' })

expectTypeOf<'NOT_FOUND'>().toExtend<ErrorCode>()
expectTypeOf(errorResponses(404, '5xx')).toEqualTypeOf<Record<string, ErrorResponse>>()
expectTypeOf(errorsServerOptions()).toEqualTypeOf<ErrorsServerSettings>()
expectTypeOf<keyof ErrorsServerSettings>().toEqualTypeOf<'frameworkErrors' | 'clientErrorHandler'>()
expectTypeOf(Fastify({ ...errorsServerOptions(), http2: true }).errorHandler).not.toBeAny()

export { wrong }
