'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a package lazily and synchronously, and is
// found by bundlers. A part that is off costs neither time nor memory.
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
    // Bundlers accept that an optional package is not installed only inside `try`.
    try {
      return require('ioredis')
    } catch (cause) {
      throw new Error('seaworthy: "redis" needs the package "ioredis": npm install ioredis', { cause })
    }
  },
  /** The version of the Fastify that is installed beside this package. */
  fastifyVersion() {
    try {
      return require('fastify/package.json').version
    } catch {
      return undefined
    }
  }
}
