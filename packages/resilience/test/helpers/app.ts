import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import {
  type BreakerOptions,
  type CallContext,
  resilience,
  type ResilienceError,
  type ResilienceOptions
} from '../../src/index.ts'
import { ManualClock } from './clock.ts'

/** For calls that belong to no request. */
export const noRequest = null

/** An app that sheds no load. */
export async function buildApp(t: Test, options: ResilienceOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false, ...options })
  return app
}

/** An app whose time moves by `clock.advance` only. Faults may be injected. */
export async function buildWithClock(t: Test, options: ResilienceOptions = {}) {
  const clock = new ManualClock()
  const app = await buildApp(t, { clock, random: () => 0.5, faults: true, ...options })
  return { app, clock, resilience: app.resilience }
}

/** A guarded service that returns what `answer` returns, and counts its calls. */
export async function guardedService(
  t: Test,
  options: BreakerOptions<[(string | undefined)?]> = {},
  plugin: ResilienceOptions = {}
) {
  const { app, clock } = await buildWithClock(t, plugin)
  const upstream = { calls: 0, answer: (): unknown => 'fine' }
  const breaker = app.resilience.breaker(
    'users',
    (_context: CallContext, _id?: string) => {
      upstream.calls++
      return upstream.answer()
    },
    options
  )
  const call = () => breaker.call(noRequest)
  return { app, clock, upstream, breaker, call }
}

/** A service that is down. */
export const down = (): never => {
  throw new Error('down')
}

/** A service that never answers. */
export const hanging = () => new Promise<never>(() => undefined)

/** Listens on a free port, and returns it. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** The error of a call that must fail. */
export const errorOf = (promise: Promise<unknown>): Promise<ResilienceError> =>
  promise.then(
    () => {
      throw new Error('the promise resolved')
    },
    (error: ResilienceError) => error
  )
