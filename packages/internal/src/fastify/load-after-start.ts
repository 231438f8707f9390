import type { FastifyInstance } from 'fastify'

/**
 * Loads what a start does not need, right after the app listens: neither the start nor the first request waits for it, and
 * it is there before the process may run out of files.
 *
 * @param problem - The line for a failure.
 */
export function loadAfterStart(fastify: FastifyInstance, problem: string, load: () => unknown): void {
  let loading: NodeJS.Immediate | undefined
  const loadOrWarn = async (): Promise<void> => {
    try {
      await load()
    } catch (err) {
      fastify.log.warn({ err }, problem)
    }
  }
  fastify.addHook('onListen', (done) => {
    loading = setImmediate(() => void loadOrWarn()).unref()
    done()
  })
  fastify.addHook('onClose', (_app, done) => {
    clearImmediate(loading)
    done()
  })
}
