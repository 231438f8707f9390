// Instructions of many variants.
import { atOnce } from './at-once.mjs'
import { countCalls } from './calls.mjs'
import { checkVariant } from './checks.mjs'
import { countRequests, sizes } from './instructions.mjs'

const countOnce = async (variant, { size, env }) =>
  variant.group === 'calls'
    ? countCalls(variant)
    : { ...(await countRequests(variant, sizes[size], { env })), size }

/**
 * The behaviour of a variant is asserted before it is counted, in a process of its own each time: twice, and the lesser is kept,
 * since the compiler's work may be added to a count and nothing is left out of one.
 */
export async function measureOne(variant, { size, env, times = 2 }) {
  if (variant.group !== 'calls') await checkVariant(variant, { env })
  const counts = []
  while (counts.length < times) counts.push(await countOnce(variant, { size, env }))
  return counts.toSorted((a, b) => a.instructions - b.instructions)[0]
}

/**
 * Fills `into.instructions` by name, and `into.failures` with what did not do what it must; `save` after each. Counts
 * don't mind what else the machine does, so `jobs` of them run at once.
 */
export async function measureInstructions(variants, { jobs = 1, say, ...how }, into, save) {
  await atOnce(jobs, variants, async (variant) => {
    try {
      const figures = await measureOne(variant, how)
      into.instructions[variant.name] = figures
      save()
      say(`${variant.name}: ${(figures.instructions / 1000).toFixed(1)}k instructions`)
    } catch (error) {
      into.failures[variant.name] = error.message
      say(`${variant.name} FAILED: ${error.message.slice(0, 600)}`)
    }
  })
}
