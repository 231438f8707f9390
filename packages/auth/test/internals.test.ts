import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastifyJwtParts } from '../src/internals.ts'

const options = { secret: randomBytes(32).toString('base64') }

t.test('the installed @fastify/jwt gives its parts without decorating an instance', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { jwt, ...functions } = fastifyJwtParts(app, options)
  t.match(jwt.verify(jwt.sign({ sub: '1' })), { sub: '1' })
  for (const [name, value] of Object.entries(functions)) t.type(value, 'function', name)
  t.notOk(app.hasDecorator('jwt'))
  t.notOk(app.hasRequestDecorator('jwtVerify'))
})

t.test('a @fastify/jwt that decorates in another way is named by the part that is missing', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const otherVersion = (host: FastifyInstance, _options: object, done: () => void): void => {
    host.decorate('jwt', {} as never)
    done()
  }
  const internals = await t.mockImport<typeof import('../src/internals.ts')>('../src/internals.ts', {
    '../src/fast-jwt.cjs': { fastifyJwt: () => otherVersion }
  })
  t.throws(() => internals.fastifyJwtParts(app, options), /this @fastify\/jwt does not decorate "jwtVerify"/)
})

t.test('an option that @fastify/jwt rejects is its error', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const wrong = { ...options, sign: { algorithm: 'RS256' as const } }
  t.throws(() => fastifyJwtParts(app, wrong), /require a private and public key/)
})
