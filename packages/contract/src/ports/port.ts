import type { FastifyInstance } from 'fastify'

/** A value one plugin offers and others may use. Change the shape, change the name. */
export interface Port<T> {
  readonly key: symbol
  readonly type?: T
}

/** Names a port: `meter.v1`. Copies of this module meet, because the symbol is registered globally. */
export function port<T>(name: string): Port<T> {
  return { key: Symbol.for(`seaworthy.port.${name}`) }
}

/** Offers `value` on this instance and the scopes below it. Call while registering. */
export function provide<T>(fastify: FastifyInstance, { key }: Port<T>, value: T): void {
  if (!fastify.hasDecorator(key)) fastify.decorate<unknown>(key, value)
}

/** What is offered right now, for code that runs after `onReady`. */
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
