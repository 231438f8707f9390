import { parseArgs } from 'node:util'

/** The function `preflight`, as far as the command needs it. */
type Preflight = (options: {
  script: string
  args: readonly string[]
  signal: AbortSignal
  path?: string
  port?: number
  timeout?: number
}) => Promise<{ ok: boolean; reason: string; output: string }>

const options = {
  path: { type: 'string' },
  port: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const

/**
 * Runs the command `preflight`: tries a release by the command's arguments, and prints the result.
 *
 * @returns The exit code.
 * @throws TypeError with a code `ERR_PARSE_ARGS_…` for a wrong argument.
 */
export async function runPreflight(
  argv: readonly string[],
  usage: string,
  preflight: Preflight
): Promise<number> {
  const [commandArgs, [script, ...args]] = splitAtScript([...argv])
  const { values } = parseArgs({ args: commandArgs, options })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  if (script === undefined) throw wrongArgument('name the script that starts the service')

  const { path } = values
  const port = wholeNumber('port', values.port)
  const timeout = wholeNumber('timeout', values.timeout)
  const abort = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort())
  const { ok, reason, output } = await preflight({
    script,
    args,
    signal: abort.signal,
    ...(path === undefined ? {} : { path }),
    ...(port === undefined ? {} : { port }),
    ...(timeout === undefined ? {} : { timeout })
  })
  const result = `preflight: ${script}: ${reason}\n`
  if (ok) process.stdout.write(result)
  else process.stderr.write(`${output}\n${result}`)
  return ok ? 0 : 1
}

/** Arguments behind the script belong to the script, options included. */
function splitAtScript(args: string[]): [commandArgs: string[], script: string[]] {
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const index = tokens.find(({ kind }) => kind === 'positional')?.index ?? args.length
  return [args.slice(0, index).filter((argument) => argument !== '--'), args.slice(index)]
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw wrongArgument(`--${name} must be a whole number, got '${text}'`)
  return Number(text)
}

/** An error of the kind that `parseArgs` throws. */
const wrongArgument = (message: string) =>
  Object.assign(new TypeError(message), { code: 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' })
