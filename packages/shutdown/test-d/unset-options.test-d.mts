// With exactOptionalPropertyTypes an option that may be undefined must say so: settings are often read from somewhere.
import Fastify from 'fastify'
import { shutdown } from '@seaworthy/shutdown'

const app = Fastify()
const unset = undefined
await app.register(shutdown, { timeout: unset, drainDelay: unset, signals: unset, exit: unset })
app.shutdown.onShutdown('database', () => undefined, { timeout: unset })
