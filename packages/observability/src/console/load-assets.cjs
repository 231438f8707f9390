'use strict'

// CommonJS: a `require` finds the file in an archive too, which `import()` does not.
exports.consoleAssets = () => require('./console-assets.cjs')
