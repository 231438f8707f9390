'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a file lazily and synchronously. A service without
// a breaker loads none of them.
exports.breakers = () => require('./breaker/breakers.ts')
exports.calls = () => require('./fetch/calls.ts')
exports.adoption = () => require('./adopt/adoption.ts')
