import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { auth } from '@seaworthy/auth'
import { errors, errorsServerOptions } from '@seaworthy/errors'
import { health } from '@seaworthy/health'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { resilience } from '@seaworthy/resilience'
import { security, securityServerOptions } from '@seaworthy/security'
import { shutdown, shutdownServerOptions } from '@seaworthy/shutdown'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../../src/index.ts'

/** One way to add our plugins to an app, by the words of the README. */
export interface Variant {
  name: string
  make(server: object): FastifyInstance
  add?(app: FastifyInstance, options: SeaworthyOptions): Promise<unknown>
}

const fastify = (options: object): FastifyInstance => Fastify(options as FastifyServerOptions)
const asOptions = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})
/** The app's own signal handlers stay: the tests' process has others. */
const process = { exit: false, drainDelay: 0 } as const

/** The app without us. */
export const today: Variant = { name: 'today', make: fastify }

/** Each plugin alone, then the preset. */
export const variants: readonly Variant[] = [
  {
    name: 'observability',
    make: (server) => fastify({ ...observabilityServerOptions(), ...server }),
    add: async (app, own) => app.register(observability, { ...asOptions(own.observability) })
  },
  {
    name: 'errors',
    make: (server) => fastify({ ...errorsServerOptions(), ...server }),
    add: async (app, own) => app.register(errors, { ...asOptions(own.errors) })
  },
  {
    name: 'shutdown',
    make: (server) => fastify({ ...shutdownServerOptions(), ...server }),
    add: async (app) => app.register(shutdown, process)
  },
  { name: 'health', make: fastify, add: async (app) => app.register(health) },
  { name: 'resilience', make: fastify, add: async (app) => app.register(resilience) },
  {
    name: 'security',
    make: (server) => fastify({ ...securityServerOptions(), ...server }),
    add: async (app) => app.register(security)
  },
  { name: 'auth', make: fastify, add: async (app) => app.register(auth) },
  {
    name: 'preset',
    make: (server) => fastify(serverOptions({}, server)),
    add: async (app, own) => app.register(seaworthy, { shutdown: process, ...own })
  }
]
