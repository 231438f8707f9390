import { parseArgs } from 'node:util'

/** What `fastify-seaworthy` can be asked to do. */
export interface Command {
  /** One line of the list of commands. */
  summary: string
  usage: string
  /** Gives the exit code. */
  run(args: readonly string[]): number | Promise<number>
}

/** The command is called in a wrong way: its usage is shown, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Writes to standard output, and gives the exit code of a command that went well. */
export function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

/** The arguments of a command that looks at an app. */
export function appArguments(args: readonly string[]): { file: string; json: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } }
  })
  const [file, ...rest] = positionals
  if (file === undefined) throw new UsageError('name the file that makes the app')
  if (rest.length > 0) throw new UsageError(`one file is looked at, got ${positionals.length}`)
  return { file, json: values.json }
}
