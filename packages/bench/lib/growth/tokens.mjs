// Ever more tokens, each verified once and then remembered, or not any more.
import { requestText } from '../load.mjs'
import { anotherToken } from '../tokens.mjs'
import { flooded } from './flooded.mjs'

const variant = { name: 'auth: jwt', file: './ours/plugins.mjs', export: 'jwtOfMany' }

export async function tokens({ env }) {
  const results = []
  for (const { count, cache } of [
    { count: 1, cache: 1000 },
    { count: 100_000, cache: 0 },
    { count: 100_000, cache: 1000 },
    { count: 100_000, cache: 50_000 },
    { count: 100_000, cache: 1_000_000 }
  ]) {
    const texts = Array.from({ length: count }, (_, index) => requestText({ bearer: anotherToken(index) }))
    const how = { env: { ...env, BENCH_CACHE: `${cache}` }, next: (sent) => texts[sent % count] }
    results.push({ count, cache, ...(await flooded(variant, { ...how, count: 100_000 })) })
  }
  return results
}
