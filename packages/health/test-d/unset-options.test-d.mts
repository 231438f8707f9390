// With exactOptionalPropertyTypes an option that may be undefined must say so: settings are often read from somewhere.
import Fastify from 'fastify'
import { health } from '@seaworthy/health'

const app = Fastify()
const unset = undefined
await app.register(health, { timeout: unset, cacheFor: unset, checks: unset })
app.health.addCheck('orders', () => true, { critical: unset, timeout: unset, interval: unset })
