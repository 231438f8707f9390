import type { FastifyInstance } from 'fastify'

/** Bytes of a body at most: one token. */
const bodyLimit = 16_384

/**
 * Adds routes that browsers and providers send forms to, in a scope of its own: the app may read forms in another way, or
 * not at all. The body is `URLSearchParams`, and `undefined` for any other type of content.
 */
export function addFormRoutes(fastify: FastifyInstance, add: (scope: FastifyInstance) => void): void {
  void fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    const options = { parseAs: 'string', bodyLimit } as const
    const form = 'application/x-www-form-urlencoded'
    scope.addContentTypeParser<string>(form, options, (_request, body, done) =>
      done(null, new URLSearchParams(body))
    )
    scope.addContentTypeParser('*', options, (_request, _body, done) => done(null, undefined))
    scope.addHook('onRequest', (_request, reply, done) => {
      void reply.header('cache-control', 'no-store')
      done()
    })
    add(scope)
  })
}
