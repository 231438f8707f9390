import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { registerFastifyJwt } from '../src/internals.ts'
import { captureLog } from './helpers.ts'

const options = { secret: randomBytes(32).toString('base64') }
const replacement = async (): Promise<string> => 'replacement'

function loggingApp(t: Test) {
  const { lines, logger } = captureLog()
  const app: FastifyInstance = Fastify({ logger })
  t.teardown(() => app.close())
  app.get('/', async (request) => request.jwtVerify())
  return { app, lines }
}

t.test('request.jwtVerify() of the installed @fastify/jwt can be replaced', async (t) => {
  const { app, lines } = loggingApp(t)
  let original: unknown
  let sign: unknown
  await registerFastifyJwt(app, options, {
    verify: (value) => {
      original = value
      return replacement
    },
    sign: (value) => (sign = value)
  })
  t.equal((await app.inject('/')).body, 'replacement')
  t.type(original, 'function')
  t.type(sign, 'function', 'reply.jwtSign() too')
  t.type(app.jwt.sign, 'function')
  t.notMatch(lines.join(''), /cannot be replaced/)
})

t.test('a @fastify/jwt that decorates in another way keeps its jwtVerify and causes a warning', async (t) => {
  const { app, lines } = loggingApp(t)
  const otherVersion = (_host: FastifyInstance, _options: object, done: () => void): void => {
    app.decorateRequest('jwtVerify', (async () => 'original') as never)
    done()
  }
  const internals = await t.mockImport<typeof import('../src/internals.ts')>('../src/internals.ts', {
    '@fastify/jwt': { default: otherVersion }
  })
  await internals.registerFastifyJwt(app, options, {
    verify: () => replacement,
    sign: (value) => value
  })
  t.equal((await app.inject('/')).body, 'original')
  t.match(lines.join(''), /auth: request\.jwtVerify\(\) of this @fastify\/jwt cannot be replaced/)
})
