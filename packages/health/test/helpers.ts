import FakeTimers, { type Clock } from '@sinonjs/fake-timers'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { health, type CheckFunction, type HealthOptions } from '../src/index.ts'

export interface Line {
  msg: string
  level: number
  [key: string]: unknown
}

/** Builds an app on a fake clock, with its log. */
export async function build(t: Test, options: HealthOptions = {}) {
  const clock = FakeTimers.install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance']
  })
  const lines: Line[] = []
  const stream = { write: (line: string) => lines.push(JSON.parse(line) as Line) }
  const app = Fastify({ logger: { level: 'info', stream } })
  t.teardown(async () => {
    clock.uninstall()
    await app.close()
  })
  await app.register(health, options)
  const ready = async () => app.inject('/health/ready')
  const status = async () => (await ready()).json<{ status: string }>().status
  return { app, clock, lines, ready, status }
}

/** Lets promises and immediates settle while the clock stands still. */
export const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const advance = async (clock: Clock, milliseconds: number) => {
  clock.tick(milliseconds)
  await settle()
}

export const never: CheckFunction = () => new Promise(() => undefined)
