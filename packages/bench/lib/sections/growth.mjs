// The cost of a request and the memory as work grows: routes, connections, clients, tokens, breakers.
import { breakers } from '../growth/breakers.mjs'
import { clients } from '../growth/clients.mjs'
import { connections } from '../growth/connections.mjs'
import { routes } from '../growth/routes.mjs'
import { tokens } from '../growth/tokens.mjs'

export async function growth(how) {
  const results = {}
  for (const [name, measure] of Object.entries({ routes, clients, tokens, connections, breakers })) {
    try {
      results[name] = await measure(how)
    } catch (error) {
      how.say(`growth: ${name} left out: ${error.message.slice(0, 300)}`)
    }
  }
  return results
}
