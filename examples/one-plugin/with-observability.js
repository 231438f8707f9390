'use strict'

const { observability, observabilityServerOptions } = require('@seaworthy/observability')
const { build, start } = require('./app.js')

// One JSON line a request, ids, /metrics.
const options = { logging: { slowThreshold: 200 } }
build(observabilityServerOptions(options), (app) => app.register(observability, options)).then(start)
