// Whether a part costs more than its committed figure says.
import { atOnce } from './at-once.mjs'
import { measureOne } from './measure.mjs'

const tolerance = 0.05
const tries = 3

/**
 * Counts each part as its committed figure was counted, `jobs` of them at once. One that costs more is counted again, and
 * has to cost more each time.
 *
 * @param {Record<string, { instructions: number, size?: string }>} committed
 * @returns {Promise<string[]>} One sentence for each part that became more expensive, or does not work any more.
 */
export async function regressions(variants, committed, { jobs = 1, env, say }) {
  const worse = []
  await atOnce(jobs, variants, async (variant) => {
    try {
      const sentence = await regression(variant, committed[variant.name], { env, say })
      if (sentence) worse.push(`${variant.name}: ${sentence}`)
    } catch (error) {
      worse.push(error.message)
    }
  })
  return worse
}

async function regression(variant, committed, { env, say }) {
  if (committed === undefined) return 'there is no committed figure; --write makes one'
  const { instructions: before, size = 'quick' } = committed
  const most = before * (1 + tolerance)
  let least = Infinity
  for (let round = 0; round < tries && least > most; round++) {
    least = Math.min(least, (await measureOne(variant, { size, env, times: 1 })).instructions)
    say(`${variant.name}: ${Math.round(least)} instructions, committed ${Math.round(before)}`)
  }
  if (least <= most) return undefined
  const percent = ((least / before - 1) * 100).toFixed(1)
  return `${Math.round(least)} instructions, ${percent} % more than the committed ${Math.round(before)}`
}
