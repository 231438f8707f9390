import type { FastifyInstance } from 'fastify'
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
  /** The options of Fastify's constructor. */
  server(appOptions: object): object
  add?(app: FastifyInstance, options: SeaworthyOptions): Promise<unknown>
}

const unchanged = (appOptions: object): object => appOptions
const asOptions = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})
/** The app's own signal handlers stay: the tests' process has others. */
const process = { exit: false, drainDelay: 0 } as const

/** The app without us. */
export const today: Variant = { name: 'today', server: unchanged }

/** Each plugin alone, then the preset. */
export const variants: readonly Variant[] = [
  {
    name: 'observability',
    server: (appOptions) => ({ ...observabilityServerOptions(), ...appOptions }),
    add: async (app, options) => app.register(observability, { ...asOptions(options.observability) })
  },
  {
    name: 'errors',
    server: (appOptions) => ({ ...errorsServerOptions(), ...appOptions }),
    add: async (app, options) => app.register(errors, { ...asOptions(options.errors) })
  },
  {
    name: 'shutdown',
    server: (appOptions) => ({ ...shutdownServerOptions(), ...appOptions }),
    add: async (app) => app.register(shutdown, process)
  },
  { name: 'health', server: unchanged, add: async (app) => app.register(health) },
  { name: 'resilience', server: unchanged, add: async (app) => app.register(resilience) },
  {
    name: 'security',
    server: (appOptions) => ({ ...securityServerOptions(), ...appOptions }),
    add: async (app) => app.register(security)
  },
  { name: 'auth', server: unchanged, add: async (app) => app.register(auth) },
  {
    name: 'preset',
    server: (appOptions) => serverOptions({}, appOptions),
    add: async (app, options) => app.register(seaworthy, { shutdown: process, ...options })
  }
]
