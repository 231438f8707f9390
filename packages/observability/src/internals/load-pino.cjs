'use strict'

// Agents replace parts of pino when the app loads it, which an earlier load would keep them from.
exports.loadPino = () => require('pino')
