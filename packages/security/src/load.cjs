'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a file lazily and synchronously.
exports.patterns = () => require('./patterns/find-redos.ts')
