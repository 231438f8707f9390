import type { FastifyInstance } from 'fastify'

interface OfficialPlugin {
  readonly name: '@fastify/helmet' | '@fastify/rate-limit'
  /** The consequence, for the log. */
  readonly consequence: string
  /** Whether the plugin of this package has given way already. */
  readonly isOff: () => boolean
  readonly turnOff: () => void
}

/**
 * Turns the plugin of this package off and warns if the app itself has registered the official plugin in the same place, before or after: two
 * plugins for one purpose would double limits or mix policies.
 */
export function whenOfficialIsUsed(
  fastify: FastifyInstance,
  { name, consequence, isOff, turnOff }: OfficialPlugin
): void {
  fastify.addHook('onReady', (done) => {
    if (!isOff() && fastify.hasPlugin(name)) {
      turnOff()
      fastify.log.warn(`security: the app registers ${name} too; ${consequence}; keep one of the two`)
    }
    done()
  })
}
