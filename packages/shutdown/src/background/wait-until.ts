import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BackgroundWork } from './background-work.ts'

/** Adds `request.waitUntil`, unless the app or another plugin has one. */
export function addWaitUntil(fastify: FastifyInstance, work: BackgroundWork): void {
  if (fastify.hasRequestDecorator('waitUntil')) return
  fastify.decorateRequest(
    'waitUntil',
    function waitUntil(
      this: FastifyRequest,
      promise: PromiseLike<unknown>,
      name = `${this.method} ${this.routeOptions.url ?? '__unmatched__'}`
    ) {
      work.follow(name, promise, { id: this.id, request: this })
    }
  )
}
