// Ever more clients of a rate limit in memory: what a request costs, what they leave in memory, the longest turn.
import { countRequests, sizes } from '../instructions.mjs'
import { requestText } from '../load.mjs'
import { flooded } from './flooded.mjs'

const ours = { name: 'security: limit', file: './ours/plugins.mjs', export: 'limitBehindProxy' }
const peer = { name: '@fastify/rate-limit', file: './peers/plugins.mjs', export: 'limitKeys' }
const bare = { name: 'bare', file: './peers/app.mjs', export: 'bare' }

const address = (index) => `11.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
const from = (index) => requestText({ headers: { 'x-forwarded-for': address(index) } })

const rows = [
  { variant: bare, count: 1_000_000 },
  { variant: peer, count: 100_000, cache: 10_000 },
  { variant: ours, count: 1000, cache: 10_000 },
  { variant: ours, count: 100_000, cache: 10_000 },
  { variant: ours, count: 1_000_000, cache: 10_000 },
  { variant: ours, count: 1_000_000, cache: 1_000_000 }
]

export async function clients() {
  const results = []
  for (const { variant, count, cache } of rows) {
    const env = cache === undefined ? {} : { BENCH_CACHE: `${cache}` }
    const next = (sent) => from(sent % count)
    const native = await flooded(variant, { env, count, next })
    // Under qemu a million clients would take hours; past the cap, more of them change nothing.
    const counted = count > cache || cache <= 10_000
    const { instructions } = counted ? await countRequests(variant, sizes.quick, { env, load: { next } }) : {}
    results.push({ name: variant.name, count, cache, instructions, ...native })
  }
  return results
}
