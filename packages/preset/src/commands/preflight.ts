import { runPreflight } from '@seaworthy/internal'
import { load } from '../load/load.cjs'
import type { Command } from './command.ts'

const usage = `usage: fastify-seaworthy preflight [--path /health/ready] [--port N] [--timeout MS] SCRIPT [ARGUMENT …]

Boots a release on a spare port, waits until it is ready, and stops it.

  npx fastify-seaworthy preflight src/server.js && pm2 reload api`

/** Tries a release before a supervisor replaces the running one. */
export const preflight: Command = {
  summary: 'Boots a release on a spare port, waits until it is ready, and stops it',
  usage,
  run: async (argv) => runPreflight(argv, usage, async (options) => load.shutdown().preflight(options))
}
