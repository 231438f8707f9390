'use strict'

const { health } = require('@seaworthy/health')
const { build, start } = require('./app.js')

// /health/live, /health/ready, /health/startup.
build({}, async (app) => {
  await app.register(health)
  app.health.addCheck('books', async () => 'reachable')
}).then(start)
