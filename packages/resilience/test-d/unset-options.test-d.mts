// With exactOptionalPropertyTypes an option that may be undefined must say so: settings are often read from somewhere.
import Fastify from 'fastify'
import { resilience } from '@seaworthy/resilience'

const app = Fastify()
const unset = undefined
await app.register(resilience, {
  shedding: unset,
  defaults: { timeout: unset, retry: unset, bulkhead: unset, isFailure: unset },
  deadline: { default: unset, header: unset }
})
app.resilience.breaker('prices', async () => 42, { fallback: unset, key: unset, retry: { limit: unset } })
