import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** A command of `fastify-seaworthy`. */
export interface Command {
  /** Its line in the list of commands. */
  summary: string
  usage: string
  /** @returns The exit code. */
  run(args: readonly string[]): number | Promise<number>
}

/** An argument is wrong: the usage is shown, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Writes to standard output. Returns the exit code of success. */
export function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

/** Parses the arguments of a command that loads an app. */
export function appArguments(args: readonly string[]): { file: string; json: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } }
  })
  return { file: oneFile(positionals), json: values.json }
}

/** The file that a command loads. It may be written as a URL, as Node and editors print it. */
export function oneFile(positionals: readonly string[]): string {
  const [file, ...rest] = positionals
  if (file === undefined) throw new UsageError('name the file that makes the app')
  if (rest.length > 0) throw new UsageError(`the command takes one file, got ${positionals.length}`)
  if (!file.startsWith('file:')) return file
  try {
    return fileURLToPath(file)
  } catch (error) {
    throw new UsageError(`${file} is no URL of a file: ${(error as Error).message}`)
  }
}
