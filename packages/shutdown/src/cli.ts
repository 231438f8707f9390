#!/usr/bin/env node
import { runPreflight } from '@seaworthy/internal'
import { preflight } from './preflight/preflight.ts'

const usage = `npx @seaworthy/shutdown preflight [--path /health/ready] [--port N] [--timeout ms] script [arguments]

Boots a release on a spare port, waits until it is ready, stops it.
Exits with 0 when it was ready, 1 when it was not, 2 when the command is wrong.

  npx @seaworthy/shutdown preflight src/server.js && pm2 reload api`

async function main([command, ...args]: string[]): Promise<number> {
  if (command === '--help' || command === '-h') return runPreflight([command], usage, preflight)
  if (command !== 'preflight') throw new TypeError(`the command is preflight, got ${command ?? 'none'}`)
  return runPreflight(args, usage, preflight)
}

async function runCommand(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`shutdown: ${(error as Error).message}\n\n${usage}\n`)
    process.exitCode = 2
  }
}

void runCommand()
