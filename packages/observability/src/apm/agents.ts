import { createRequire, register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pause, withTimeout } from '@seaworthy/internal'
import { datadogFlush } from '../internals/index.ts'
import { otelInstrumentations } from './otel-instrumentations.ts'
import type { Vendor } from './vendors.ts'

/** Sends the agent's data. `timeout` in milliseconds. */
type Flush = (timeout: number) => Promise<unknown>
type Callback = (error?: unknown) => void

interface NewRelic {
  shutdown(options: { collectPendingData: boolean; timeout: number }, done: Callback): void
}
interface Datadog {
  init(): unknown
}
interface Elastic {
  start(): { flush(done: Callback): void }
}
interface OpenTelemetry {
  NodeSDK: new (options: { instrumentations: unknown[] }) => { start(): void; shutdown(): Promise<void> }
}

interface Agent {
  /** The packages to install, for the message. */
  packages: string
  start(load: NodeJS.Require, from: URL): Flush
}

const called = (fn: (done: Callback) => void): Promise<void> =>
  new Promise((resolve) => {
    fn(() => resolve())
  })

/** Datadog's agent sends its spans every two seconds. */
const datadogInterval = 2500

// Agents patch what is loaded after them: CommonJS by themselves, ES modules by a hook of their own.
const agents: Record<Vendor, Agent> = {
  newrelic: {
    packages: 'newrelic',
    start(load, from) {
      register('newrelic/esm-loader.mjs', from)
      const agent = load('newrelic') as NewRelic
      return async (timeout) => called((done) => agent.shutdown({ collectPendingData: true, timeout }, done))
    }
  },
  datadog: {
    packages: 'dd-trace',
    start(load) {
      load('dd-trace/register.js')
      const flush = datadogFlush((load('dd-trace') as Datadog).init())
      if (flush !== undefined) return async () => called(flush)
      process.emitWarning(
        'observability: this version of dd-trace is unknown; the end of the process waits for its timer; update @seaworthy/observability',
        { code: 'SEAWORTHY_APM_FLUSH' }
      )
      return async () => pause(datadogInterval)
    }
  },
  elastic: {
    packages: 'elastic-apm-node',
    start(load, from) {
      register('elastic-apm-node/loader.mjs', from)
      const agent = (load('elastic-apm-node') as Elastic).start()
      return async () => called((done) => agent.flush(done))
    }
  },
  opentelemetry: {
    packages: '@opentelemetry/sdk-node @opentelemetry/instrumentation-http @fastify/otel',
    start(load) {
      const { NodeSDK } = load('@opentelemetry/sdk-node') as OpenTelemetry
      const sdk = new NodeSDK({ instrumentations: otelInstrumentations(load) })
      sdk.start()
      return async () => sdk.shutdown()
    }
  }
}

/**
 * Starts the agent that the service has installed. Returns its flush, which never rejects and keeps its timeout.
 *
 * @throws Error with the command to install, where the agent cannot be loaded.
 */
export function startAgent(vendor: Vendor): (timeout: number) => Promise<void> {
  const from = pathToFileURL(join(process.cwd(), 'package.json'))
  const { packages, start } = agents[vendor]
  let flush: Flush
  try {
    flush = start(createRequire(from), from)
  } catch (cause) {
    throw new Error(
      `observability: ${vendor} could not be started; is it installed? npm install ${packages}`,
      { cause }
    )
  }
  return async (timeout) => {
    // At the end of the process there is no reader for what an agent fails with.
    await withTimeout(timeout, async () => flush(timeout)).catch(() => undefined)
  }
}
