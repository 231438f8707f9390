// Some minutes of load on the preset: the heap after garbage collection must stay flat.
import { named } from '../catalogue.mjs'
import { loadOf } from '../load.mjs'
import { median } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'

export async function soak({ size, env }) {
  const minutes = size === 'full' ? 5 : 3
  const variant = named('preset, everything on')
  const subject = await startSubject(variant, { env })
  const load = await loadOf(variant, subject.port, { connections: 32 })
  const heap = []
  let requests = 0
  try {
    await load.send(10_000)
    const end = performance.now() + minutes * 60_000
    while (performance.now() < end) {
      await load.send(5000)
      requests += 5000
      heap.push((await subject.ask('memory')).heapUsed / 2 ** 20)
    }
  } finally {
    load.close()
    await subject.stop()
  }
  const third = Math.max(1, Math.floor(heap.length / 3))
  return { minutes, requests, firstMB: median(heap.slice(0, third)), lastMB: median(heap.slice(-third)) }
}
