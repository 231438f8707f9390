// Clients that count how each request ends: with a response, with a reset, or not at all.
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const paths = ['/', '/database', '/upstream', '/session', '/health/ready']
/** Milliseconds after which a request counts as one without an answer. */
const longest = 30_000

/** Sends one request. Resolves with the status, or with the code of an error. */
export function ask(port, path, agent) {
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', path, agent }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
      response.once('error', (error) => resolve(error.code ?? error.message))
    })
    const timer = setTimeout(() => {
      resolve('unanswered')
      sent.destroy()
    }, longest)
    sent.once('error', (error) => resolve(error.code ?? error.message))
    sent.once('close', () => clearTimeout(timer))
    sent.end()
  })
}

/** Keep-alive clients with one request at a time, each with a path of its own. */
export function startClients(port, connections = 10) {
  const ends = {}
  let requests = 0
  let slowestMs = 0
  let going = true
  const loops = Array.from({ length: connections }, async (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (going) {
      const start = performance.now()
      const end = await ask(port, paths[index % paths.length], agent)
      requests++
      ends[end] = (ends[end] ?? 0) + 1
      slowestMs = Math.max(slowestMs, performance.now() - start)
      await pause(5)
    }
    agent.destroy()
  })
  return {
    async stop() {
      going = false
      await Promise.all(loops)
      return { requests, ends, slowestMs }
    }
  }
}

/**
 * Milliseconds until every path has answered with 200 ten times in a row, each on a new connection, so that both workers
 * are asked. `Infinity` where that takes longer than `bound`.
 */
export async function untilWell(port, bound) {
  const start = performance.now()
  for (let well = 0; well < 10;) {
    if (performance.now() - start > bound) return Infinity
    const statuses = await Promise.all(paths.map((path) => ask(port, path, false)))
    well = statuses.every((status) => status === 200) ? well + 1 : 0
    if (well === 0) await pause(100)
  }
  return performance.now() - start
}
