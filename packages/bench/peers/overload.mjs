// The service of the overload section, once for each of those that are compared: work on the main thread, a slow upstream,
// two routes of different importance, a probe.
import { pbkdf2Sync } from 'node:crypto'
import { Agent, get } from 'node:http'
import underPressurePlugin from '@fastify/under-pressure'
import express from 'express'
import { fastify } from './app.mjs'

/** Milliseconds of the main thread for each request: the same on a machine that is slower for a while. */
const workTime = 4

export function work() {
  const end = performance.now() + workTime
  let worked
  do worked = pbkdf2Sync('password', 'salt', 200, 32, 'sha256').toString('hex')
  while (performance.now() < end)
  return { worked }
}

const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

/** The answer of the upstream, which works on some requests at a time and lets the others wait. */
export const fromUpstream = () =>
  new Promise((resolve, reject) => {
    get({ port: Number(process.env.BENCH_UPSTREAM), host: '127.0.0.1', agent }, (response) => {
      response.resume()
      response.once('end', () => resolve({ status: response.statusCode }))
    }).once('error', reject)
  })

/** The routes on an app of Fastify; `config` gives each its priority. */
export function withWork(app, config = () => ({})) {
  app.get('/work', async () => work())
  app.get('/upstream', async () => fromUpstream())
  app.get('/checkout', { config: config('high') }, async () => work())
  app.get('/report', { config: config('low') }, async () => work())
  return app
}

const listening = async (app) => {
  app.get('/alive', async () => ({ alive: true }))
  await app.ready()
  return app
}

export const bare = async () => listening(withWork(fastify()))

/** With the limits of its README. */
export async function underPressure() {
  const app = fastify()
  await app.register(underPressurePlugin, { maxEventLoopDelay: 1000, maxEventLoopUtilization: 0.98 })
  return listening(withWork(app))
}

export async function expressApp() {
  const app = express()
  app.get('/alive', (_, response) => response.json({ alive: true }))
  for (const path of ['/work', '/checkout', '/report']) app.get(path, (_, response) => response.json(work()))
  app.get('/upstream', async (_, response) => response.json(await fromUpstream()))
  const server = await new Promise((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started))
  })
  return { port: server.address().port }
}
