import { parseArgs } from 'node:util'
import { load } from '../load/load.cjs'
import { print, UsageError, type Command } from './command.ts'

const usage = `usage: fastify-seaworthy preflight [--path /health/ready] [--port N] [--timeout MS] SCRIPT [ARGUMENT …]

Boots a release on a spare port, waits until it is ready, and stops it.

  npx fastify-seaworthy preflight src/server.js && pm2 reload api`

const options = {
  path: { type: 'string' },
  port: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const

/** Tries a release before a supervisor replaces the running one. */
export const preflight: Command = {
  summary: 'Boots a release on a spare port, waits until it is ready, and stops it',
  usage,
  async run(argv) {
    const [commandArgs, [script, ...args]] = splitAtScript(argv)
    const { values } = parseArgs({ args: commandArgs, options })
    if (values.help) return print(usage)
    if (script === undefined) throw new UsageError('name the script that starts the service')

    const { path } = values
    const port = wholeNumber('port', values.port)
    const timeout = wholeNumber('timeout', values.timeout)
    const abort = new AbortController()
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort())
    const result = await load.shutdown().preflight({
      script,
      args,
      signal: abort.signal,
      ...(path === undefined ? {} : { path }),
      ...(port === undefined ? {} : { port }),
      ...(timeout === undefined ? {} : { timeout })
    })
    if (result.ok) return print(`preflight: ${script}: ${result.reason}`)
    process.stderr.write(`${result.output}\npreflight: ${script}: ${result.reason}\n`)
    return 1
  }
}

/** Arguments behind the script belong to the script, options included. */
function splitAtScript(argv: readonly string[]): [commandArgs: string[], script: string[]] {
  const args = [...argv]
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const index = tokens.find(({ kind }) => kind === 'positional')?.index ?? args.length
  return [args.slice(0, index).filter((argument) => argument !== '--'), args.slice(index)]
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} must be a whole number, got '${text}'`)
  return Number(text)
}
