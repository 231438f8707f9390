'use strict'

const { auth } = require('@seaworthy/auth')
const { build, start } = require('./app.js')

// Tokens and roles. The secret comes from the environment; without a good one the start stops.
build({}, async (app) => {
  await app.register(auth, { jwt: { secret: process.env.JWT_SECRET } })
  app.get('/me', { onRequest: [app.authenticate] }, async (request) => ({ id: request.user.sub }))
  app.delete('/books/:id', { onRequest: [app.authorize('admin')] }, async () => ({ deleted: true }))
}).then(start)
