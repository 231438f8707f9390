import { expectTypeOf } from 'expect-type'
import { fromEnv, type Secret } from 'fastify-seaworthy'

const { env, listen } = fromEnv({})
expectTypeOf(env.PORT).toEqualTypeOf<number>()
expectTypeOf(env.REDIS_TLS).toEqualTypeOf<boolean>()
expectTypeOf(env.LOG_LEVEL).toEqualTypeOf<
  'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
>()
expectTypeOf(env.JWT_SECRET).toEqualTypeOf<Secret | undefined>()
expectTypeOf(env.JWT_ISSUER).toEqualTypeOf<string | undefined>()
expectTypeOf(listen.port).toEqualTypeOf<number>()
expectTypeOf(env.JWT_SECRET?.reveal()).toEqualTypeOf<string | undefined>()
// @ts-expect-error a Secret has no such member
void env.JWT_SECRET?.nonsense
// @ts-expect-error a Secret is no text
void (env.JWT_SECRET satisfies string | undefined)
// @ts-expect-error no variable of that name
void env.JWT_SECRT

// The app's own variables, typed by their schema; a name of the preset's replaces its rule.
const own = fromEnv(
  {},
  {
    schema: {
      properties: {
        STRIPE_KEY: { type: 'string', secret: true },
        DB_HOST: { type: 'string' },
        DB_POOL_MAX: { type: 'integer', default: 10 },
        REGION: { type: 'string', enum: ['eu', 'us'] },
        JWT_ISSUER: { type: 'string', enum: ['https://a.example'], default: 'https://a.example' }
      },
      required: ['STRIPE_KEY']
    }
  }
).env
expectTypeOf(own.STRIPE_KEY).toEqualTypeOf<Secret>()
expectTypeOf(own.DB_HOST).toEqualTypeOf<string | undefined>()
expectTypeOf(own.DB_POOL_MAX).toEqualTypeOf<number>()
expectTypeOf(own.REGION).toEqualTypeOf<'eu' | 'us' | undefined>()
expectTypeOf(own.JWT_ISSUER).toEqualTypeOf<'https://a.example'>()
expectTypeOf(own.JWT_SECRET).toEqualTypeOf<Secret | undefined>()
// @ts-expect-error no variable of that name
void own.DB_HOTS
