#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { preflight } from './preflight.ts'

const usage = `seaworthy-preflight [--path /health/ready] [--port N] [--timeout ms] script [arguments]

Boots a release on a spare port, waits until it is ready, stops it.
Exit code 0 when it was ready, 1 when it was not, 2 when the command is wrong.

  seaworthy-preflight src/server.js && pm2 reload api
`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      path: { type: 'string' },
      port: { type: 'string' },
      timeout: { type: 'string' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const [script, ...args] = positionals
  if (script === undefined) throw new TypeError('name the script that starts the service')

  const { path } = values
  const port = number('port', values.port)
  const timeout = number('timeout', values.timeout)
  const result = await preflight({
    script,
    args,
    ...(path === undefined ? {} : { path }),
    ...(port === undefined ? {} : { port }),
    ...(timeout === undefined ? {} : { timeout })
  })
  if (result.ok) process.stdout.write(`preflight: ${script}: ${result.reason}\n`)
  else process.stderr.write(`${result.output}\npreflight: ${script}: ${result.reason}\n`)
  return result.ok ? 0 : 1
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new TypeError(`--${name} must be a whole number, got '${text}'`)
  return Number(text)
}

async function end(): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(`seaworthy-preflight: ${(error as Error).message}\n\n${usage}`)
    process.exitCode = 2
  }
}

void end()
