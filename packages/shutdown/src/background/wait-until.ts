import type { Overridable } from '@seaworthy/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BackgroundWork } from './background-work.ts'

interface BackgroundRequest {
  /**
   * Lets work go on after the response: a shutdown waits for it within its limits, and names it where it is cut. A
   * rejection is logged with the request's id, reported and counted; it does not end the process.
   *
   * @param promise - The work, which has begun.
   * @param name - Of the log and the metrics; one of few. Without it: method and route.
   */
  waitUntil: Overridable<this, (promise: PromiseLike<unknown>, name?: string) => void>
}

declare module 'fastify' {
  interface FastifyRequest extends BackgroundRequest {}
}

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
