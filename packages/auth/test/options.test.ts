import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'

const secret = randomBytes(32).toString('base64')

const start = async (options: object, config?: object) => {
  const app = Fastify()
  try {
    await app.register(auth, options as AuthOptions)
    if (config) app.get('/route', { config }, async () => 'ok')
    await app.ready()
  } finally {
    await app.close()
  }
}

const jwt = (more: object) => ({ jwt: { secret, ...more } })
const issuer = (more: object) => ({
  jwt: { issuers: [{ issuer: 'https://id.example.com', audience: 'api', algorithms: ['RS256'], ...more }] }
})

const wrongOptions: [object, RegExp][] = [
  [{ login: 5 }, /"login" must be an object, got 5/],
  [{ login: true }, /"login" must be an object/],
  [{ revocation: 'closed' }, /"revocation" must be an object/],
  [{ policies: () => true }, /"policies" must be an object/],
  [
    { session: { key: randomBytes(32) }, csrf: { trustedOrigins: 'https://a.example' } },
    /"csrf.trustedOrigins" must be a list/
  ],
  [{ ...jwt({}), csrf: { trustedOrigns: [] } }, /"csrf.trustedOrigns" is not an option, did you mean/],
  [
    { session: { key: randomBytes(32) }, csrf: { trustedOrigins: true } },
    /"csrf.trustedOrigins" must be a list/
  ],
  [{ jtw: {} }, /"jtw" is not an option, did you mean "jwt"\?/],
  [{ jwt: {} }, /"jwt.secret" must be set/],
  [jwt({ secert: 'x' }), /"jwt.secert" is not an option, did you mean "secret"\?/],
  [jwt({ secret: 'short' }), /"jwt.secret" must be/],
  [jwt({ secret: 'super-secret-key-that-is-long-enough-to-pass' }), /"jwt.secret" must be/],
  [jwt({ key: 'x' }), /"jwt.key" must be left out beside "jwt.secret"/],
  [jwt({ algorithm: 'RS256' }), /"jwt.algorithm" must be one of 'HS256'/],
  [jwt({ algorithm: 'none' }), /"jwt.algorithm" must be one of/],
  [jwt({ expiresIn: 'soon' }), /"jwt.expiresIn" must be seconds .*got 'soon'/],
  [jwt({ expiresIn: '400d' }), /"jwt.expiresIn" must be seconds/],
  [jwt({ expiresIn: '60' }), /"jwt.expiresIn" must be .* a text with a unit .*got '60'/],
  [jwt({ clockTolerance: -1 }), /"jwt.clockTolerance" must be .*got -1/],
  [jwt({ refreshGrace: 70_000 }), /"jwt.refreshGrace" must be/],
  [jwt({ maxLength: 10 }), /"jwt.maxLength" must be/],
  [{ ...jwt({ cookie: 'token' }), csrf: false }, /"csrf" must be on with "jwt.cookie"/],
  [issuer({ jwksUrl: 'http://id.example.com/keys' }), /"jwt.issuers\[0\].jwksUrl" must be/],
  [
    issuer({ jwksUrl: 'https://a:b@id.example.com/keys' }),
    /jwksUrl" must be a URL without credentials, got some/
  ],
  [issuer({}), /must be set with exactly one of "jwksUrl", "publicKey", "secret" and "introspection"/],
  [issuer({ jwksUrl: 'https://id.example.com/keys', algorithms: ['HS256'] }), /algorithms" must be one of/],
  [issuer({ jwksUrl: 'https://id.example.com/keys', audience: [] }), /audience" must be set/],
  [{ session: {} }, /"session.key" must be 32 random bytes/],
  [{ session: { key: 'short' } }, /"session.key" must be/],
  [{ session: { key: 1234567890123 } }, /"session.key" must be text or a Buffer, got number$/],
  [
    { session: { key: randomBytes(32), salt: { a: 1 } } },
    /"session.salt" must be text or a Buffer, got object$/
  ],
  [
    { jwt: { secret: { 'sentinel-1': 'x', other: 'y' } } },
    /"jwt.secret" must be a secret of at least 32 bytes, got an object with another member, other$/
  ],
  [
    { session: { key: randomBytes(32), cookie: { sameSight: 'lax' } } },
    /"session.cookie.sameSight" is not an option/
  ],
  [{ ...jwt({}), roles: { admin: ['editr'], editor: [] } }, /editr/],
  [{ ...jwt({}), policies: { owner: true } }, /"policies.owner" must be a function/],
  [{ ...jwt({}), mode: 'dry' }, /"mode" must be one of 'enforce', 'report', got 'dry'/],
  [{ ...jwt({}), realm: 'a"b' }, /"realm" must be/],
  [{ ...jwt({}), revocation: { pollInterval: 5000 } }, /"revocation.pollInterval" must be/],
  [{ ...jwt({}), revocation: { retention: '60' } }, /"revocation.retention" must be .* a text with a unit/],
  [{ ...jwt({}), redis: {} }, /"redis" must be an ioredis client/],
  [{ apiKeys: {} }, /"apiKeys.find" must be a function/]
]

t.test('a wrong option stops the start with an error that names the option and its rule', async (t) => {
  for (const [options, message] of wrongOptions) {
    await t.rejects(start(options), { name: 'RangeError', code: 'INVALID_OPTION', message }, String(message))
  }
})

t.test('no message about an option shows a secret', async (t) => {
  const values = ['short-but-precious', 'changeme'.repeat(5), `${secret}\n`]
  for (const value of values) {
    for (const options of [
      { jwt: { secret: value } },
      { session: { key: value } },
      { jwt: value },
      { session: value },
      { redis: value }
    ]) {
      const error = (await start(options).catch((error: unknown) => error)) as Error | undefined
      if (error) t.notMatch(error.message, value.trim())
    }
  }
})

t.test("a route's wrong access rule stops the start with an error that names the route", async (t) => {
  const routes: [object, RegExp][] = [
    [{ auth: { role: 'admin' } }, /GET \/route config.auth.*"?role/],
    [{ auth: { policies: ['missing'] } }, /a policy of "policies"/],
    [{ auth: { roles: ['admn'] } }, /admn/]
  ]
  for (const [config, message] of routes) {
    await t.rejects(start({ ...jwt({}), roles: ['admin'] }, config), { message }, JSON.stringify(config))
  }
})

t.test('an option that is undefined has its default', async (t) => {
  await start({
    jwt: { secret, key: undefined, issuer: undefined, expiresIn: undefined, cookie: undefined },
    session: undefined,
    oauth2: undefined,
    roles: undefined,
    csrf: undefined,
    redis: undefined
  })
  t.pass('starts')
})
