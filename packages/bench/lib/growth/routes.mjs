// Requests of the preset spread over ever more routes, beside bare Fastify with as many.
import { countRequests, sizes } from '../instructions.mjs'
import { requestText } from '../load.mjs'

const preset = { name: 'preset, many routes', file: './ours/plugins.mjs', export: 'presetManyRoutes' }
const bare = { name: 'bare, many routes', file: './peers/scraped.mjs', export: 'bareRoutes' }

export async function routes({ env }) {
  const results = []
  for (const count of [10, 200, 2000]) {
    const texts = Array.from({ length: count }, (_, index) => requestText({ path: `/resources-${index}/1` }))
    const how = {
      env: { ...env, BENCH_ROUTES: `${count}` },
      load: { next: (sent) => texts[(sent * 7) % count] }
    }
    const { instructions } = await countRequests(preset, sizes.quick, how)
    const beside = await countRequests(bare, sizes.quick, how)
    results.push({ count, instructions, bare: beside.instructions })
  }
  return results
}
