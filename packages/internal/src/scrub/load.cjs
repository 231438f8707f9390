'use strict'

// CommonJS: only a `require` with a literal name inside a function loads a file lazily and synchronously. Most plugins
// need the scrubber for messages about wrong options only.
exports.scrub = () => require('./scrub.ts')
