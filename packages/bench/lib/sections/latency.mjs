// Latency at a fixed moderate rate: requests are sent at their time whether or not earlier ones are answered.
import { named } from '../catalogue.mjs'
import { openLoad, requestText } from '../load.mjs'
import { percentile } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'

const names = ['bare', 'recipe', 'preset, everything on', 'express']
const rate = 500
const connections = 50

export async function latency({ size, env, say }) {
  const seconds = size === 'full' ? 20 : 5
  const rounds = size === 'full' ? 5 : 3
  const results = {}
  const failed = new Set()
  // In turns; the best round of each is what the variant does, the others are what the machine did.
  for (let round = 0; round < rounds; round++) {
    for (const name of names.filter((it) => !failed.has(it))) {
      try {
        const one = await once(named(name), env, seconds)
        const best = results[name]
        if (best === undefined || one.p99 < best.p99) results[name] = one
      } catch (error) {
        failed.add(name)
        say(`latency: ${name} left out: ${error.message.slice(0, 200)}`)
      }
    }
  }
  return { rate, results }
}

async function once(variant, env, seconds) {
  const subject = await startSubject(variant, { env })
  const bytes = requestText(variant.request)
  const lanes = []
  try {
    for (let index = 0; index < connections; index++) {
      lanes.push({
        load: await openLoad(subject.port, { connections: 1, next: () => bytes }),
        free: Promise.resolve()
      })
    }
    for (let round = 0; round < 40; round++) await Promise.all(lanes.map(({ load }) => load.send(10)))
    const taken = []
    const total = rate * seconds
    const start = performance.now() + 50
    await new Promise((resolve, reject) => {
      let sent = 0
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000))
        while (sent < due) {
          const lane = lanes[sent % connections]
          const meant = start + (sent++ * 1000) / rate
          lane.free = lane.free.then(async () => {
            await lane.load.send(1)
            taken.push(performance.now() - meant)
          }, reject)
        }
        if (sent < total) return
        clearInterval(timer)
        Promise.all(lanes.map(({ free }) => free)).then(resolve, reject)
      }, 1)
    })
    return { p50: percentile(taken, 50), p99: percentile(taken, 99), max: Math.max(...taken) }
  } finally {
    for (const { load } of lanes) load.close()
    await subject.stop()
  }
}
