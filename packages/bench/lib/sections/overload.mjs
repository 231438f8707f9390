// Open-loop load below, at and above what the service can do: how much of it is answered in time, and who is rejected.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { numbers } from '../chaos/disturbances.mjs'
import { openLoop, sendAtRate } from '../overload/open-loop.mjs'
import { rejectionCosts } from '../overload/rejection.mjs'
import { accepts, freePort } from '../ports.mjs'
import { percentile } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'

const peer = (name, exported) => ({ name, file: './peers/overload.mjs', export: exported, probe: '/alive' })
const ours = 'resilience: shedding'
const subjects = [
  peer('bare', 'bare'),
  peer('@fastify/under-pressure', 'underPressure'),
  peer('express', 'expressApp'),
  { name: ours, file: './ours/overload.mjs', export: 'shedding', probe: '/health/live' }
]

/** The requests: work of the main thread, a slow upstream, and one important request in four among unimportant ones. */
const kinds = {
  work: () => () => '/work',
  upstream: () => () => '/upstream',
  mixed: (random) => () => (random() < 0.25 ? '/checkout' : '/report')
}
const factors = [0.5, 0.8, 1, 1.5, 2, 3]
/** Seconds of load. The goals are about the highest, where a few seconds differ by a tenth from run to run. */
const secondsAt = (factor, size) => (size === 'full' || factor === 3 ? 15 : 5)
/** Milliseconds until a client gives up. */
const deadline = 1000
const probeEvery = 100
/** Seconds after which a service has got used to its load. */
const adapted = 2
/** Until a request is answered in a tenth of its deadline, the service is not back. */
const well = deadline / 10

export async function overload({ size, say }) {
  const upstream = await startUpstream()
  try {
    const env = { BENCH_UPSTREAM: `${upstream.port}` }
    const rejection = await rejectionCosts(env)
    say(`overload: ${JSON.stringify(rejection)} µs of CPU a request`)
    const rows = []
    for (const kind of Object.keys(kinds)) {
      for (const factor of factors) {
        // Anew for each: a machine that others use too is not always equally fast.
        const capacity = await capacityOf(subjects[0], kind, env)
        const seconds = secondsAt(factor, size)
        for (const subject of subjects) {
          const row = await measured(subject, { kind, rate: factor * capacity, seconds, env })
          rows.push({ name: subject.name, kind, factor, capacity, ...row })
          say(`overload: ${JSON.stringify(rows.at(-1))}`)
        }
      }
    }
    return { seconds: secondsAt(1, size), secondsAtMost: secondsAt(3, size), deadline, rejection, rows }
  } finally {
    upstream.stop()
  }
}

async function startUpstream() {
  const port = await freePort()
  const child = fork(join(import.meta.dirname, '..', 'overload', 'upstream.mjs'), [`${port}`])
  while (!(await accepts(port))) await pause(20)
  return { port, stop: () => child.kill('SIGKILL') }
}

/** Requests a second that bare Fastify answers over thirty-two connections. */
async function capacityOf(subject, kind, env) {
  const running = await startSubject(subject, { core: 0, env })
  const clients = openLoop(running.port, 60_000)
  const next = kinds[kind](numbers(1))
  let answered = 0
  let end = performance.now() + 1000
  const ask = async () => {
    while (performance.now() < end) {
      await clients.ask(next(), performance.now())
      answered++
    }
  }
  try {
    await Promise.all(Array.from({ length: 32 }, ask))
    answered = 0
    const start = performance.now()
    end = start + 3000
    await Promise.all(Array.from({ length: 32 }, ask))
    return Math.round((answered * 1000) / (performance.now() - start))
  } finally {
    clients.close()
    await running.stop()
  }
}

/** One subject under one load. */
async function measured(subject, { kind, rate, seconds, env }) {
  const running = await startSubject(subject, { core: 0, env })
  const clients = openLoop(running.port, deadline)
  const probes = openLoop(running.port, 10 * deadline)
  const random = numbers(1)
  const path = kinds[kind](random)
  try {
    // Warm, at half of what it can do.
    await sendAtRate(clients, { rate: Math.min(rate, 200), seconds: 1, random, path })
    const probing = probe(probes, subject.probe, performance.now() + adapted * 1000)
    const outcomes = await sendAtRate(clients, { rate, seconds, random, path })
    const backMs = await untilWell(probes, path)
    return { ...summary(outcomes, seconds), probeMs: await probing.stop(), backMs }
  } finally {
    clients.close()
    probes.close()
    await running.stop()
  }
}

/** Asks the probe again and again; gives the longest time that it took of those sent after `from`. */
function probe(clients, path, from) {
  const outcomes = []
  const timer = setInterval(() => {
    const now = performance.now()
    const outcome = clients.ask(path, now)
    if (now >= from) outcomes.push(outcome)
  }, probeEvery)
  return {
    async stop() {
      clearInterval(timer)
      const all = await Promise.all(outcomes)
      return Math.max(...all.map(({ status, milliseconds }) => (status === 200 ? milliseconds : Infinity)))
    }
  }
}

/** Milliseconds after the load until a request is answered as usual. */
async function untilWell(clients, path) {
  const start = performance.now()
  for (;;) {
    const { status, milliseconds } = await clients.ask(path(), performance.now())
    if (status === 200 && milliseconds < well) return performance.now() - start
    await pause(50)
  }
}

function summary(outcomes, seconds) {
  const answered = outcomes.filter(({ status }) => status === 200)
  const good = answered.map(({ milliseconds }) => milliseconds)
  const isLater = ({ second }) => second >= adapted
  const later = answered.filter(isLater).map(({ milliseconds }) => milliseconds)
  const important = outcomes.filter(isLater).filter(({ path }) => path === '/checkout')
  const lost = important.filter(({ status }) => status !== 200).length
  return {
    goodput: good.length / seconds,
    p50: good.length === 0 ? undefined : percentile(good, 50),
    p99: good.length === 0 ? undefined : percentile(good, 99),
    adaptedGoodput: later.length / (seconds - adapted),
    adaptedP99: later.length === 0 ? undefined : percentile(later, 99),
    shed: outcomes.filter(({ status }) => status === 503).length / outcomes.length,
    late: outcomes.filter(({ status }) => status === 0).length / outcomes.length,
    ...(important.length > 0 && { importantLost: lost / important.length })
  }
}
