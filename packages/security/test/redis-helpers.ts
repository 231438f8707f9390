import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { startLoad, startNode, until } from '@seaworthy/testing'

/** A client that is disconnected with the test. */
export function createClient(t: Test, port: number): Redis {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 })
  client.on('error', () => undefined)
  t.teardown(() => client.disconnect())
  return client
}

/** Starts the fixture. `storeTimeout` is long where a slow machine must not look like a slow Redis. */
export async function startApp(t: Test, redisPort: number, storeTimeout = 5000): Promise<number> {
  const app = startNode(t, join(import.meta.dirname, 'fixtures/limited-app.ts'), {
    args: [`${redisPort}`, `${storeTimeout}`]
  })
  const [, port] = await app.waitFor(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/, 60_000)
  return Number(port)
}

export async function request(port: number, path: string): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  await response.arrayBuffer()
  return response
}

/** The status codes of several requests, one after the other. */
export async function statusesOf(port: number, path: string, count: number): Promise<number[]> {
  const codes: number[] = []
  for (let i = 0; i < count; i++) codes.push((await request(port, path)).status)
  return codes
}

/** The state of the fixture's store, and how many of its calls have failed. */
export async function storeOf(port: number): Promise<{ up: boolean; failures: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/store`)
  return (await response.json()) as { up: boolean; failures: number }
}

/** Sends `total` requests over 20 connections to each port. */
export async function sendMany(ports: readonly number[], path: string, total: number) {
  let left = total
  const loads = ports.map((port) =>
    startLoad(port, path, { connections: 20, onResult: () => (left -= 1) > 0 })
  )
  await until('the requests to be answered', () => left <= 0, 120_000)
  const results = await Promise.all(loads.map((load) => load.stop()))
  const sum = (status: number) => results.reduce((count, { statuses }) => count + (statuses[status] ?? 0), 0)
  return {
    passed: sum(200),
    rejected: sum(429),
    errors: results.flatMap(({ errors }) => Object.keys(errors))
  }
}
