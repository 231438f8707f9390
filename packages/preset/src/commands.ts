import { readFileSync } from 'node:fs'
import { nearest } from '@seaworthy/internal'
import { print, UsageError, type Command } from './commands/command.ts'
import { doctor } from './commands/doctor.ts'
import { init } from './commands/init.ts'
import { matrix } from './commands/matrix.ts'
import { preflight } from './commands/preflight.ts'

const commands: Readonly<Record<string, Command>> = { preflight, init, matrix, doctor }

const usage = `usage: fastify-seaworthy COMMAND [--help]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

  --help, --version

Exits with 0 on success, 1 on failure, 2 when the command is wrong.`

/** Runs a command. Returns the exit code: 0 for success, 1 for a failure, 2 when the command is wrong. */
export async function run(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv
  if (name === '--help' || name === '-h') return print(usage)
  if (name === '--version' || name === '-v') return print(version())

  const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name]
  if (command === undefined) return failUsage(name === undefined ? undefined : describeUnknown(name), usage)
  if (['--help', '-h'].includes(args[0] ?? '')) return print(command.usage)
  try {
    return await command.run(args)
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    if (error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS'))
      return failUsage(message, command.usage)
    process.stderr.write(`${name}: ${message}\n`)
    return 1
  }
}

function failUsage(message: string | undefined, help: string): number {
  process.stderr.write(message === undefined ? `${help}\n` : `${message}\n\n${help}\n`)
  return 2
}

function describeUnknown(name: string): string {
  const near = nearest(name, Object.keys(commands))
  return `'${name}' is not a command${near === undefined ? '' : `, did you mean '${near}'?`}`
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
