'use strict'

// CommonJS, because a `require` with a literal name inside a function is the one way to load a package that is lazy,
// synchronous, and seen by bundlers. A part that is off costs neither time nor memory.
exports.load = {
  observability: () => require('@seaworthy/observability'),
  errors: () => require('@seaworthy/errors'),
  shutdown: () => require('@seaworthy/shutdown'),
  health: () => require('@seaworthy/health'),
  resilience: () => require('@seaworthy/resilience'),
  security: () => require('@seaworthy/security'),
  auth: () => require('@seaworthy/auth'),
  envSchema: () => require('env-schema'),
  ioredis() {
    // Only inside `try` do bundlers accept that an optional package is not installed.
    try {
      return require('ioredis')
    } catch (cause) {
      throw new Error('seaworthy: "redis" needs the package "ioredis": npm install ioredis', { cause })
    }
  },
  /** Which Fastify is installed beside this package. */
  fastifyVersion() {
    try {
      return require('fastify/package.json').version
    } catch {
      return undefined
    }
  }
}
