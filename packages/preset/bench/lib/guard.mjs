// Whether a part costs more than its committed figure says.
import { measureOne } from './measure.mjs'

const tolerance = 0.05
const tries = 3

/**
 * Counts each part as its committed figure was counted. One that costs more is counted again, and has to cost more each
 * time: the compiler's own work may fall into a count, but is never left out of one.
 *
 * @param {Record<string, { instructions: number, size?: string }>} committed
 * @returns {Promise<string[]>} One sentence for each part that became more expensive, or does not work any more.
 */
export async function regressions(variants, committed, { env, say }) {
  const worse = []
  for (const variant of variants.filter(({ name }) => committed[name] !== undefined)) {
    const { instructions: before, size = 'quick' } = committed[variant.name]
    const most = before * (1 + tolerance)
    let least = Infinity
    try {
      for (let round = 0; round < tries && least > most; round++) {
        least = Math.min(least, (await measureOne(variant, { size, env })).instructions)
        say(`${variant.name}: ${Math.round(least)} instructions, committed ${Math.round(before)}`)
      }
    } catch (error) {
      worse.push(error.message)
      continue
    }
    if (least <= most) continue
    const percent = ((least / before - 1) * 100).toFixed(1)
    worse.push(
      `${variant.name}: ${Math.round(least)} instructions, ${percent} % more than the committed ${Math.round(before)}`
    )
  }
  return worse
}
