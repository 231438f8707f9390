// `fromEnv()`: the variables are typed, and fit every part.
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyListenOptions } from 'fastify'
import {
  environmentExample,
  environmentSchema,
  fromEnv,
  Secret,
  seaworthy,
  serverOptions,
  type Environment,
  type EnvironmentSchema,
  type RedisOption,
  type SeaworthyOptions
} from 'fastify-seaworthy'
import { auth } from 'fastify-seaworthy/auth'
import { observability } from 'fastify-seaworthy/observability'

const config = fromEnv()
expectTypeOf(config).toMatchTypeOf<SeaworthyOptions>()
expectTypeOf(config.env.JWT_SECRET).toEqualTypeOf<Secret | undefined>()
expectTypeOf(config.env.PORT).toEqualTypeOf<number>()
expectTypeOf(config.env.HOST).toEqualTypeOf<string>()
expectTypeOf(config.env.SLOW_THRESHOLD).toEqualTypeOf<number | undefined>()
expectTypeOf(config.env.REDIS_TLS).toEqualTypeOf<boolean>()
expectTypeOf(config.env.LOG_LEVEL).toEqualTypeOf<
  'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
>()
expectTypeOf(config.redis).toEqualTypeOf<RedisOption | undefined>()
expectTypeOf(config.listen).toEqualTypeOf<FastifyListenOptions & { host: string; port: number }>()
expectTypeOf(config.env.JWT_SECRET?.reveal()).toEqualTypeOf<string | undefined>()
const plain: Environment = config.env

type AnyKeys<T> = { [K in keyof T]-?: 0 extends 1 & T[K] ? K : never }[keyof T]
expectTypeOf<AnyKeys<typeof config.env>>().toEqualTypeOf<never>()
expectTypeOf<AnyKeys<typeof config>>().toEqualTypeOf<never>()

// @ts-expect-error a secret has no such member
void fromEnv({}).env.JWT_SECRET?.nonsense
// @ts-expect-error a secret is no string
const text: string = fromEnv({}).env.JWT_SECRET ?? ''
// @ts-expect-error no variable of that name
void fromEnv({}).env.JWT_SECRETS
// @ts-expect-error neither a part nor a setting
void config.nonsense

// Variables of the app's own.
const own = fromEnv(process.env, {
  schema: {
    properties: {
      DATABASE_URL: { type: 'string', secret: true },
      WORKERS: { type: 'integer', default: 2 },
      REGION: { type: 'string', enum: ['eu', 'us'] },
      RATIO: { type: 'number' },
      DRY_RUN: { type: 'boolean', default: false },
      // It replaces the preset's rule.
      PORT: { type: 'string' },
      JWT_ISSUER: { type: 'string', enum: ['https://a.example'], default: 'https://a.example' }
    },
    required: ['DATABASE_URL']
  }
})
expectTypeOf(own.env.DATABASE_URL).toEqualTypeOf<Secret>()
expectTypeOf(own.env.WORKERS).toEqualTypeOf<number>()
expectTypeOf(own.env.REGION).toEqualTypeOf<'eu' | 'us' | undefined>()
expectTypeOf(own.env.RATIO).toEqualTypeOf<number | undefined>()
expectTypeOf(own.env.DRY_RUN).toEqualTypeOf<boolean>()
expectTypeOf(own.env.JWT_ISSUER).toEqualTypeOf<'https://a.example'>()
expectTypeOf(own.env.PORT).toEqualTypeOf<string | undefined>()
expectTypeOf(own.env.JWT_SECRET).toEqualTypeOf<Secret | undefined>()
expectTypeOf<AnyKeys<typeof own.env>>().toEqualTypeOf<never>()
// @ts-expect-error no variable of that name
void own.env.WORKER
// @ts-expect-error no such type
fromEnv({}, { schema: { properties: { WORKERS: { type: 'int' } } } })
// @ts-expect-error no option of that name
fromEnv({}, { shema: { properties: {} } })
const schema: EnvironmentSchema = environmentSchema
expectTypeOf(environmentExample()).toEqualTypeOf<string>()

// The preset accepts the config, and each part accepts its options.
const app = Fastify(serverOptions(config))
await app.register(seaworthy, config)
await app.listen(config.listen)
await Fastify(serverOptions(own, { bodyLimit: 5 })).register(seaworthy, own)

const secret = new Secret('x')
const everywhere: SeaworthyOptions = {
  redis: { host: 'redis', password: secret },
  auth: {
    jwt: { secret },
    session: { key: secret },
    oauth2: {
      github: {
        clientId: 'app',
        clientSecret: secret,
        callbackUrl: 'https://example.com/back',
        onLogin: () => ({ sub: 'ada' })
      }
    }
  },
  observability: {
    metrics: { token: secret },
    management: { port: 9000, token: secret },
    errorTracking: { dsn: secret }
  }
}
await Fastify().register(auth, { jwt: { secret } })
await Fastify().register(observability, { errorTracking: { dsn: secret } })

export { everywhere, plain, schema, text }
