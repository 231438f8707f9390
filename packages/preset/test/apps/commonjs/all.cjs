'use strict'

const { seaworthy, serverOptions } = require('fastify-seaworthy')
const app = require('fastify')(serverOptions())

app.register(seaworthy)
app.register(require('./routes.cjs'))
app.listen({ port: 0 })
