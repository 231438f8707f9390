'use strict'

const { security, securityServerOptions } = require('@seaworthy/security')
const { build, start } = require('./app.js')

// Headers, CORS, a limit per address, strict validation.
const options = { rateLimit: { max: 5, timeWindow: '1 minute' } }
build(securityServerOptions(options), (app) => app.register(security, options)).then(start)
