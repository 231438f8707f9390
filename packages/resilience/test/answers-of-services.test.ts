// Errors as the clients of HTTP, gRPC and databases make them: those that say the service works, and those that do not.
import t from 'tap'
import { errorOf, guardedService } from './helpers/app.ts'

const error = (members: object) => Object.assign(new Error('rejected'), members)

const answers: Record<string, object> = {
  "AWS's S3, which has no such key": { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } },
  'Elasticsearch, which has no such index': { name: 'ResponseError', meta: { statusCode: 404 } },
  "Google's storage, as a number": { code: 404, errors: [] },
  "Google's drive, with a text": { code: '403', errors: [] },
  tRPC: { data: { code: 'NOT_FOUND', httpStatus: 404 } },
  'axios, beside its own code': { code: 'ERR_BAD_REQUEST', response: { status: 422 } },
  'gRPC, which has no such entity': { code: 5, details: 'no such order', metadata: {} },
  'Connect, to whom the caller is not allowed': { code: 7, rawMessage: 'not yours' },
  'PostgreSQL, in which the key exists': { code: '23505', severity: 'ERROR' },
  'PostgreSQL, for which the number is too large': { code: '22003', severity: 'ERROR' },
  'PostgreSQL behind Drizzle': { cause: error({ code: '23505', severity: 'ERROR' }) },
  'PostgreSQL behind Sequelize': { original: error({ code: '23503', severity: 'ERROR' }) },
  'MySQL, in which the key exists': { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000' },
  'SQLite, in which the key exists': { code: 'SQLITE_CONSTRAINT_UNIQUE' },
  'MongoDB, in which the key exists': { name: 'MongoServerError', code: 11000 },
  'Prisma, which finds no record': { name: 'PrismaClientKnownRequestError', code: 'P2025' }
}
for (const [name, members] of Object.entries(answers)) {
  t.test(`an answer of ${name} is no failure of the service`, async (t) => {
    const { upstream, breaker, call } = await guardedService(t, { volumeThreshold: 5, retry: true })
    const answer = error(members)
    upstream.answer = () => Promise.reject(answer)
    for (let i = 0; i < 10; i++) t.equal(await errorOf(call()), answer)
    t.equal(breaker.state, 'closed')
    t.equal(upstream.calls, 10, 'and is not retried')
  })
}

const failures: Record<string, object> = {
  'AWS that throttles with 400': { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
  'AWS that fails': { name: 'InternalError', $metadata: { httpStatusCode: 500 } },
  'AWS that limits': { name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } },
  'Google that fails': { code: 503 },
  'gRPC that is unavailable': { code: 14, details: 'no connection', metadata: {} },
  'gRPC whose resource is exhausted': { code: 8, details: 'too many', metadata: {} },
  'a code that is no code of gRPC': { code: 5 },
  'PostgreSQL that shuts down': { code: '57P01', severity: 'FATAL' },
  'PostgreSQL with too many connections': { code: '53300', severity: 'FATAL' },
  'PostgreSQL with a deadlock': { code: '40P01', severity: 'ERROR' },
  'MySQL with too many connections': { code: 'ER_CON_COUNT_ERROR', sqlState: '08004' },
  'SQLite that is locked': { code: 'SQLITE_BUSY' },
  'MongoDB without a primary': { name: 'MongoServerError', code: 10107 },
  'Prisma without a free connection': { name: 'PrismaClientKnownRequestError', code: 'P2024' },
  'a connection that is refused': { code: 'ECONNREFUSED' }
}
for (const [name, members] of Object.entries(failures)) {
  t.test(`${name} is a failure`, async (t) => {
    const { upstream, breaker, call } = await guardedService(t, { volumeThreshold: 5 })
    upstream.answer = () => Promise.reject(error(members))
    for (let i = 0; i < 10; i++) await errorOf(call())
    t.equal(breaker.state, 'open')
  })
}
