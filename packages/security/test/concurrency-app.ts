import { meterPort, provide } from '@seaworthy/contract'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { concurrencyLimit, type ConcurrencyOptions } from '../src/index.ts'
import { fakeMeter } from './fake-meter.ts'

/** Requests that wait in their handlers. */
export class Gate {
  readonly #waiting: (() => void)[] = []
  get waiting(): number {
    return this.#waiting.length
  }
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  open(count = this.#waiting.length): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve()
  }
}

export const userOf = (request: FastifyRequest) => request.headers['x-user'] as string | undefined

/** An app whose users are named by a header, as after authentication. `now` is how many requests run. */
export async function concurrencyApp(t: Test, options: ConcurrencyOptions, settings: object = {}) {
  const gate = new Gate()
  const app = Fastify(settings)
  t.teardown(() => {
    gate.open()
    return app.close()
  })
  const { meter, counts, read } = fakeMeter()
  provide(app, meterPort, meter)
  app.addHook('onRequest', async (request) => {
    const user = userOf(request)
    if (user !== undefined) Object.assign(request, { user: { sub: user } })
  })
  await app.register(concurrencyLimit, options)
  app.get('/wait', async () => gate.wait())
  app.get('/free', { config: { concurrency: false } }, async () => 'ok')
  app.get('/now', async () => 'ok')
  return { app, gate, counts, now: () => read('concurrency_limit_running') }
}

export const asUser = (user: string, url = '/wait') => ({ url, headers: { 'x-user': user } })
