// Ten minutes of load while Redis, PostgreSQL, an upstream and workers are killed, frozen and slowed in random order.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startClients, untilWell } from '../chaos/clients.mjs'
import { disturb, numbers } from '../chaos/disturbances.mjs'
import { startPostgres, startRedis, startUpstream } from '../chaos/processes.mjs'
import { freePort } from '../ports.mjs'
import { median } from '../statistics.mjs'

/** Milliseconds in which everything is well again after the last disturbance. */
const bound = 60_000
const script = join(import.meta.dirname, '..', 'chaos', 'service.mjs')

/** Starts the cluster, and knows the current process of each worker. */
async function startService(ports) {
  const primary = fork(script, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, CHAOS_PORTS: JSON.stringify(ports), LOG_LEVEL: 'silent', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  const pids = {}
  const waiting = []
  primary.on('message', ({ listening, pid, memory }) => {
    if (listening) pids[listening] = pid
    if (memory) waiting.shift()?.(memory / 2 ** 20)
  })
  const listens = async (name, before) => {
    while (pids[name] === before) await pause(20)
  }
  await Promise.all([listens('watched'), listens('killed')])
  let killed
  return {
    watched: {
      get pid() {
        return pids.watched
      }
    },
    killed: {
      get pid() {
        return pids.killed
      },
      async kill() {
        killed = pids.killed
        process.kill(killed, 'SIGKILL')
      },
      // The primary starts another one.
      start: () => listens('killed', killed)
    },
    memory: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        primary.send('memory')
      }),
    stop: () => primary.kill('SIGKILL')
  }
}

export async function chaos({ size, say }) {
  const minutes = Number(process.env.CHAOS_MINUTES ?? (size === 'full' ? 10 : 2))
  const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
  say(`chaos: seed ${seed}, ${minutes} min`)
  const random = numbers(seed)
  const [redis, postgres, upstream] = await Promise.all([startRedis(), startPostgres(), startUpstream()])
  const ports = {
    service: await freePort(),
    redis: redis.port,
    postgres: postgres.port,
    upstream: upstream.port
  }
  const service = await startService(ports)
  const { watched, killed } = service
  const targets = { redis, postgres, upstream, 'a worker': killed, 'the watched worker': watched }
  await untilWell(ports.service, bound)
  const clients = startClients(ports.service)
  await pause(5000)

  const disturbances = []
  const heap = [await service.memory()]
  let slowestBackMs = 0
  const end = performance.now() + minutes * 60_000
  while (performance.now() < end) {
    // Some come one by one, some while others are under way: of different targets, so that each is undone.
    const names = Object.keys(targets).toSorted(() => random() - 0.5)
    const together = names.slice(0, 1 + Math.floor(random() * 3))
    const done = await Promise.all(together.map((name) => disturb({ [name]: targets[name] }, random)))
    const backMs = await untilWell(ports.service, bound)
    slowestBackMs = Math.max(slowestBackMs, backMs)
    heap.push(await service.memory())
    disturbances.push(...done)
    say(`chaos: ${done.join(', ')}; well again after ${Math.round(backMs)} ms; ${heap.at(-1).toFixed(1)} MB`)
  }
  const { requests, ends, slowestMs } = await clients.stop()
  service.stop()
  await Promise.all([redis.kill(), postgres.kill(), upstream.kill()])
  const third = Math.max(1, Math.floor(heap.length / 3))
  return {
    minutes,
    seed,
    disturbances: disturbances.length,
    kills: disturbances.filter((name) => name === 'kill a worker').length,
    requests,
    ends,
    unanswered: ends.unanswered ?? 0,
    slowestMs,
    slowestBackMs,
    firstMB: median(heap.slice(0, third)),
    lastMB: median(heap.slice(-third))
  }
}
