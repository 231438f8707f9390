'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a file lazily and synchronously. It is not in
// `load.cjs`, which the registry uses, because the routes use the registry.
exports.management = () => require('./management.ts')
