// Runs method 1 over variants: first what each must do, then what it costs.
import { countCalls } from './calls.mjs'
import { checkVariant } from './checks.mjs'
import { countRequests, sizes } from './instructions.mjs'

/** Fills `into.instructions` by name, and `into.failures` with what did not do what it must; `save` after each. */
export async function measureInstructions(variants, { size, env, say }, into, save) {
  for (const variant of variants) {
    try {
      if (variant.group !== 'calls') await checkVariant(variant, { env })
      const figures =
        variant.group === 'calls'
          ? await countCalls(variant)
          : await countRequests(variant, sizes[size], { env })
      into.instructions[variant.name] = figures
      save()
      say(`${variant.name}: ${(figures.instructions / 1000).toFixed(1)}k instructions`)
    } catch (error) {
      into.failures[variant.name] = error.message
      say(`${variant.name} FAILED: ${error.message.slice(0, 600)}`)
    }
  }
}
