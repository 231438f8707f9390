'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a file lazily and synchronously.
exports.encoders = () => require('./encoder.ts')
