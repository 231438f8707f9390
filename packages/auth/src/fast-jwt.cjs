'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a package lazily and synchronously, and is
// found by bundlers.
exports.fastJwt = () => require('fast-jwt')
exports.fastifyJwt = () => require('@fastify/jwt')
