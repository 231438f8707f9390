#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { preflight } from './preflight/preflight.ts'

const usage = `npx @seaworthy/shutdown preflight [--path /health/ready] [--port N] [--timeout ms] script [arguments]

Boots a release on a spare port, waits until it is ready, stops it.
Exits with 0 when it was ready, 1 when it was not, 2 when the command is wrong.

  npx @seaworthy/shutdown preflight src/server.js && pm2 reload api
`

const options = {
  path: { type: 'string' },
  port: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const

async function main(argv: string[]): Promise<number> {
  const [command, ...rest] = argv
  if (command === '--help' || command === '-h') return help()
  if (command !== 'preflight') throw new TypeError(`the command is preflight, got ${command ?? 'none'}`)
  const [commandArgs, [script, ...args]] = splitAtScript(rest)
  const { values } = parseArgs({ args: commandArgs, options })
  if (values.help) return help()
  if (script === undefined) throw new TypeError('name the script that starts the service')

  const { path } = values
  const port = wholeNumber('port', values.port)
  const timeout = wholeNumber('timeout', values.timeout)
  const abort = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort())
  const result = await preflight({
    script,
    args,
    signal: abort.signal,
    ...(path === undefined ? {} : { path }),
    ...(port === undefined ? {} : { port }),
    ...(timeout === undefined ? {} : { timeout })
  })
  if (result.ok) process.stdout.write(`preflight: ${script}: ${result.reason}\n`)
  else process.stderr.write(`${result.output}\npreflight: ${script}: ${result.reason}\n`)
  return result.ok ? 0 : 1
}

function help(): number {
  process.stdout.write(usage)
  return 0
}

/** Arguments behind the script belong to the script, options included. */
function splitAtScript(argv: string[]): [commandArgs: string[], script: string[]] {
  const { tokens } = parseArgs({ args: argv, options, strict: false, allowPositionals: true, tokens: true })
  const index = tokens.find(({ kind }) => kind === 'positional')?.index ?? argv.length
  return [argv.slice(0, index).filter((argument) => argument !== '--'), argv.slice(index)]
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new TypeError(`--${name} must be a whole number, got '${text}'`)
  return Number(text)
}

async function runCommand(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`shutdown: ${(error as Error).message}\n\n${usage}`)
    process.exitCode = 2
  }
}

void runCommand()
