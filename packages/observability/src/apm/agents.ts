import { createRequire, register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Vendor } from './vendors.ts'

type Callback = (error?: unknown) => void
/** Starts an agent and gives its way of sending everything out. */
type Start = (load: NodeJS.Require, from: URL) => (timeout: number, done: Callback) => void

interface NewRelic {
  shutdown(options: { collectPendingData: boolean; timeout: number }, done: Callback): void
}
interface Datadog {
  init(): { _tracer?: { _exporter?: { flush?: (done: Callback) => void } } }
}
interface Elastic {
  start(): { flush(done: Callback): void }
}
interface Bundle {
  getNodeAutoInstrumentations(): unknown[]
}
interface OpenTelemetry {
  NodeSDK: new (options: { instrumentations: unknown[] }) => { start(): void; shutdown(): Promise<void> }
}

// Agents patch what is loaded after them: CommonJS by themselves, ES modules by a hook of their own.
const agents: Record<Vendor, { packages: string; start: Start }> = {
  newrelic: {
    packages: 'newrelic',
    start(load, from) {
      register('newrelic/esm-loader.mjs', from)
      const agent = load('newrelic') as NewRelic
      return (timeout, done) => agent.shutdown({ collectPendingData: true, timeout }, done)
    }
  },
  datadog: {
    packages: 'dd-trace',
    start(load) {
      load('dd-trace/register.js')
      const { _tracer } = (load('dd-trace') as Datadog).init()
      // There is no public way, and the agent's own timer comes every two seconds.
      return (timeout, done) => {
        if (_tracer?._exporter?.flush === undefined) setTimeout(done, Math.min(timeout, 2500))
        else _tracer._exporter.flush(done)
      }
    }
  },
  elastic: {
    packages: 'elastic-apm-node',
    start(load, from) {
      register('elastic-apm-node/loader.mjs', from)
      const agent = (load('elastic-apm-node') as Elastic).start()
      return (_, done) => agent.flush(done)
    }
  },
  opentelemetry: {
    packages: '@opentelemetry/sdk-node @opentelemetry/instrumentation-http @fastify/otel',
    start(load) {
      const { NodeSDK } = load('@opentelemetry/sdk-node') as OpenTelemetry
      const sdk = new NodeSDK({ instrumentations: instrumentations(load) })
      sdk.start()
      return (_, done) => {
        const over = () => done()
        void sdk.shutdown().then(over, over)
      }
    }
  }
}

/** All that is installed: the bundle, or the parts that matter for a service. */
function instrumentations(load: NodeJS.Require): unknown[] {
  const bundle = optional(load, '@opentelemetry/auto-instrumentations-node') as Bundle | undefined
  if (bundle !== undefined) return bundle.getNodeAutoInstrumentations()

  const made = (name: string, type: string, options: object = {}) => {
    const exported = optional(load, name) as Record<string, new (options: object) => unknown> | undefined
    return exported && new exported[type]!(options)
  }
  return [
    made('@opentelemetry/instrumentation-http', 'HttpInstrumentation'),
    made('@opentelemetry/instrumentation-undici', 'UndiciInstrumentation'),
    made('@fastify/otel', 'FastifyOtelInstrumentation', { registerOnInitialization: true })
  ].filter(Boolean)
}

function optional(load: NodeJS.Require, name: string): unknown {
  try {
    return load(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/**
 * Starts the agent that the service has installed; gives its flush, which never rejects and keeps to its time.
 *
 * @throws Error with the command to install, where it isn't.
 */
export function startAgent(vendor: Vendor): (timeout: number) => Promise<void> {
  const from = pathToFileURL(join(process.cwd(), 'package.json'))
  const { packages, start } = agents[vendor]
  let flush: ReturnType<Start>
  try {
    flush = start(createRequire(from), from)
  } catch (cause) {
    throw new Error(
      `observability: ${vendor} could not be started; is it installed? npm install ${packages}`,
      { cause }
    )
  }
  return async (timeout) => flushed(flush, timeout)
}

async function flushed(flush: ReturnType<Start>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout)
    try {
      flush(timeout, () => resolve())
    } catch {
      resolve()
    }
  })
  clearTimeout(timer)
}
