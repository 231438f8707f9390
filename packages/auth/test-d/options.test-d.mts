// Values that the options accept, and values that they reject.
import Fastify from 'fastify'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis6'
import { auth, type AuthOptions, type RedisClient } from '@seaworthy/auth'

const app = Fastify()
const secret = 'x'.repeat(32)
/** A secret of another package of ours: each has a copy of the class. */
declare const revealed: { reveal(): string; toString(): string; toJSON(): string }

app.register(auth, { jwt: { secret } })
app.register(auth, { jwt: { secret: revealed } })
app.register(auth, { jwt: { secret: [secret, revealed] } })
app.register(auth, { jwt: { key: [secret, revealed], algorithm: 'ES256', expiresIn: '15m' } })
app.register(auth, {
  jwt: { secret, expiresIn: 900 },
  session: false,
  oauth2: false,
  apiKeys: false,
  csrf: false
})
app.register(auth, { session: { key: Buffer.alloc(32) } })
app.register(auth, { session: { key: [secret, revealed, Buffer.alloc(32)], cookie: { sameSite: 'strict' } } })
app.register(auth, { session: { secret: revealed, salt: Buffer.alloc(16) } })
app.register(auth, { roles: ['admin', 'editor'] })
app.register(auth, { roles: { admin: ['editor'], editor: [] } })
app.register(auth, {
  policies: {
    owner: async (request, { identity, hasRole }) => hasRole('admin') || identity.subject === request.id
  }
})
app.register(auth, {
  apiKeys: { find: async (id) => (id === 'a' ? { hash: id, sub: 'ada', expiresAt: 5 } : null) }
})
app.register(auth, {
  oauth2: {
    github: {
      endpoints: 'github',
      clientId: 'orders',
      clientSecret: revealed,
      callbackUrl: 'https://app.example.com/callback',
      onLogin: async ({ subject, verifiedEmail }) => ({ sub: subject, email: verifiedEmail })
    }
  },
  onAudit: (event, request) => request?.log.info(event)
})

for (const redis of [new Redis5(), new Redis6(), new Cluster5([]), new Cluster6([])])
  app.register(auth, { redis })
const client: RedisClient = new Redis6()
void client

// @ts-expect-error a number is no secret
app.register(auth, { jwt: { secret: 12345 } })
// @ts-expect-error a function is no secret: the app's tokens have fixed keys
app.register(auth, { jwt: { secret: async () => secret } })
// A key in PEM may be read as text or as a Buffer.
app.register(auth, { jwt: { key: Buffer.from('-----BEGIN PRIVATE KEY-----') } })
// @ts-expect-error keys are in PEM
app.register(auth, { jwt: { key: 12345 } })
// @ts-expect-error no such algorithm
app.register(auth, { jwt: { secret, algorithm: 'none' } })
// @ts-expect-error no such option
app.register(auth, { jwt: { secrets: secret } })
// @ts-expect-error no such option
app.register(auth, { jwts: { secret } })
// @ts-expect-error an issuer needs an audience
app.register(auth, { jwt: { issuers: [{ issuer: 'https://id.example.com' }] } })
// @ts-expect-error connection options are no client
app.register(auth, { redis: { host: 'localhost' } })
// @ts-expect-error undefined is no value, unless the option's type has it
const undefinedMode: AuthOptions = { mode: undefined }
void undefinedMode
