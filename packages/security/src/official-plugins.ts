import type { FastifyInstance } from 'fastify'

/**
 * Calls `turnOff` and warns if the app itself has registered the official plugin in the same place, before or after: two
 * plugins for one purpose would double limits or mix policies.
 *
 * @param then - The consequence, for the log.
 */
export function whenOfficialIsUsed(
  fastify: FastifyInstance,
  name: '@fastify/helmet' | '@fastify/rate-limit',
  then: string,
  turnOff: () => void
): void {
  fastify.addHook('onReady', (done) => {
    if (fastify.hasPlugin(name)) {
      turnOff()
      fastify.log.warn(`security: the app registers ${name} too; ${then}; keep one of the two`)
    }
    done()
  })
}
