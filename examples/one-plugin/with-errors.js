'use strict'

const { errors, errorsServerOptions } = require('@seaworthy/errors')
const { build, start } = require('./app.js')

// One shape for every error, and no secret in any of them.
build(errorsServerOptions(), (app) => app.register(errors)).then(start)
