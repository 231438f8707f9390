'use strict'

const Fastify = require('fastify')
const { seaworthy } = require('fastify-seaworthy')

const app = Fastify({ logger: true })
app.register(require('@fastify/cors'), { origin: 'https://app.example.com' })
app.register(seaworthy, { auth: false })
app.register(async (scope) => {
  scope.post('/orders', async () => [])
})

// Without serverOptions, with a plugin of its own, and with a route that takes input without a schema.
module.exports = app
