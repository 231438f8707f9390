'use strict'

const { shutdown, shutdownServerOptions } = require('@seaworthy/shutdown')
const { build, start } = require('./app.js')

// SIGTERM finishes what is in flight, closes what is registered here, and ends with 0.
build(shutdownServerOptions(), async (app) => {
  await app.register(shutdown)
  app.shutdown.onShutdown('books', async () => console.log('books closed'))
}).then(start)
