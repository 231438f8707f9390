// Several of our packages, and the CommonJS copy of one beside its ESM copy, declare the same members once.
import { expectTypeOf } from 'expect-type'
import Fastify, { type FastifyContextConfig } from 'fastify'
import { errors } from '@seaworthy/errors'
import { health, type Health } from '@seaworthy/health'
import { security, type SecurityStatus } from '@seaworthy/security'
import { shutdown, type Shutdown } from '@seaworthy/shutdown'

type CommonJs = typeof import('@seaworthy/security', { with: { 'resolution-mode': 'require' } })
type CommonJsHealth = typeof import('@seaworthy/health', { with: { 'resolution-mode': 'require' } })
expectTypeOf<CommonJs['normalizeIP']>().returns.toEqualTypeOf<string>()
expectTypeOf<CommonJsHealth['health']>().not.toBeAny()

const app = Fastify()
await app.register(errors)
await app.register(health)
await app.register(security)
await app.register(shutdown)
expectTypeOf(app.health).toEqualTypeOf<Health>()
expectTypeOf(app.security).toEqualTypeOf<SecurityStatus>()
expectTypeOf(app.shutdown).toEqualTypeOf<Shutdown>()
expectTypeOf<FastifyContextConfig['operational']>().toEqualTypeOf<'probe' | 'metrics' | undefined>()
// @ts-expect-error neither `probe` nor `metrics`
app.get('/', { config: { operational: 'prob' } }, async () => 'ok')
