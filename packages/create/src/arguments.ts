import { parseArgs } from 'node:util'
import { managerNames } from './package-manager.ts'

export const usage = `usage: npm create fastify-seaworthy [FOLDER] -- [OPTION …]

Makes a new Fastify service in FOLDER, with tests and deployment files. In a terminal it asks for what the
options leave open; elsewhere, and with --yes, the default is taken.

  --typescript, --javascript   The language (default: TypeScript)
  --postgres, --no-postgres    PostgreSQL for its data (default: no)
  --redis, --no-redis          Redis for limits and logins that processes share (default: no)
  --package-manager NAME       ${managerNames.join(', ')} (default: the one that runs this command)
  --name NAME                  The service's name (default: the folder's)
  --port N                     Its port (default: 3000)
  --no-install                 Leaves the dependencies to you
  --yes                        Takes the defaults without questions
  --help, --version

Exits with 0 on success, 1 on failure, 2 when the command is wrong.`

/** An argument is wrong: the usage is shown, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The arguments as they are written. A member is undefined where no argument decides it. */
export interface Arguments {
  folder: string | undefined
  language: 'typescript' | 'javascript' | undefined
  postgres: boolean | undefined
  redis: boolean | undefined
  packageManager: string | undefined
  name: string | undefined
  port: string | undefined
  install: boolean | undefined
  yes: boolean
  help: boolean
  version: boolean
}

/** @throws UsageError when an argument is not in the usage, or contradicts another one. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv)
  if (positionals.length > 1)
    throw new UsageError(`the command takes one folder, got ${positionals.length}: ${positionals.join(', ')}`)
  if (values.typescript && values.javascript)
    throw new UsageError('--typescript and --javascript exclude each other')
  return {
    folder: positionals[0],
    language: values.typescript ? 'typescript' : values.javascript ? 'javascript' : undefined,
    postgres: values.postgres,
    redis: values.redis,
    packageManager: values['package-manager'],
    name: values.name,
    port: values.port,
    install: values.install,
    yes: values.yes ?? false,
    help: values.help ?? false,
    version: values.version ?? false
  }
}

const options = {
  typescript: { type: 'boolean' },
  javascript: { type: 'boolean' },
  postgres: { type: 'boolean' },
  redis: { type: 'boolean' },
  'package-manager': { type: 'string' },
  name: { type: 'string' },
  port: { type: 'string' },
  install: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' }
} as const

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
