import type { FastifyBaseLogger } from 'fastify'

/**
 * Looks at the arguments of a call whose function returned `undefined` at once. Beside a callback that means that the
 * result comes later, by the callback: the breaker sees neither it nor its failure. It is named once.
 */
export function resultCheck(name: string, log: FastifyBaseLogger): (args: readonly unknown[]) => void {
  let isNamed = false
  return (args) => {
    if (isNamed || typeof args.at(-1) !== 'function') return
    isNamed = true
    log.warn(
      `resilience: the function of "${name}" takes a callback and returns nothing, which counts as a success at once, so ` +
        'the breaker never sees a failure; guard a function that returns a promise, such as util.promisify makes'
    )
  }
}
