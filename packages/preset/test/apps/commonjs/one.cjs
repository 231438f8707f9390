'use strict'

const app = require('fastify')({ logger: true })

app.register(require('@seaworthy/health'))
app.register(require('./routes.cjs'))
app.listen({ port: 0 })
