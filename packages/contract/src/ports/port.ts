import type { FastifyInstance } from 'fastify'

/** A value that one plugin provides and others may use. A changed shape needs a new name. */
export interface Port<T> {
  readonly key: symbol
  readonly type?: T
}

/** Names a port: `meter.v1`. All copies of this module share it, because the symbol is registered globally. */
export function port<T>(name: string): Port<T> {
  return { key: Symbol.for(`seaworthy.port.${name}`) }
}

/** Provides `value` on this instance and the scopes below it. Call it while the plugin registers. */
export function provide<T>(fastify: FastifyInstance, { key }: Port<T>, value: T): void {
  if (!fastify.hasDecorator(key)) fastify.decorate<unknown>(key, value)
}

/** The value that is provided now, for code that runs after `onReady`. */
export function provided<T>(fastify: FastifyInstance, { key }: Port<T>): T | undefined {
  return fastify.hasDecorator(key) ? fastify.getDecorator<T>(key) : undefined
}

/** Calls `wire` in `onReady`, once every plugin has loaded, if some plugin provides the port. */
export function whenProvided<T>(fastify: FastifyInstance, target: Port<T>, wire: (value: T) => void): void {
  fastify.addHook('onReady', (done) => {
    const value = provided(fastify, target)
    if (value !== undefined) wire(value)
    done()
  })
}
