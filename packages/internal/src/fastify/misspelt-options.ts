import type { FastifyInstance, RouteOptions } from 'fastify'
import { nearest } from '../options/nearest.ts'

/** A route's option that nothing reads: its place, and the name that is meant. */
export interface MisspeltOption {
  url: string
  place: string
  name: string
}

/**
 * Calls `warn` for each option of a route in a place or spelling in which nothing reads it, once.
 *
 * @param names - The members of a route's `config` that the plugin reads.
 * @param elsewhere - Of those, the names that are also read from the route itself.
 */
export function onMisspeltOption(
  fastify: FastifyInstance,
  names: readonly string[],
  elsewhere: readonly string[],
  warn: (option: MisspeltOption) => void
): void {
  const reported = new Set<string>()
  fastify.addHook('onRoute', (route) => {
    for (const [place, name] of misplacedOptions(route, names, elsewhere)) {
      const key = `${route.url} ${place}`
      if (reported.has(key)) continue
      reported.add(key)
      warn({ url: route.url, place, name })
    }
  })
}

/** The places of a route's options that are probably meant for `names`, each with the name. */
function misplacedOptions(
  route: RouteOptions,
  names: readonly string[],
  elsewhere: readonly string[]
): [place: string, name: string][] {
  const found: [string, string][] = []
  for (const name of names) {
    for (const key of Object.keys(route)) {
      if (key !== 'config' && isMeant(key, name) && !elsewhere.includes(key)) found.push([key, name])
    }
    for (const key of Object.keys(route.config ?? {})) {
      if (key !== name && isMeant(key, name)) found.push([`config.${key}`, name])
    }
  }
  return found
}

/** Whether a key is a name, or near to it. Short names are near to too many words: only their letters may be swapped. */
function isMeant(key: string, name: string): boolean {
  if (key.toLowerCase() === name.toLowerCase()) return true
  if (Math.abs(key.length - name.length) > 2 || key[0]?.toLowerCase() !== name[0]) return false
  if (name.length > 7) return nearest(key, [name]) !== undefined
  const letters = (text: string) => text.split('').toSorted().join('')
  return letters(key.toLowerCase()) === letters(name)
}
