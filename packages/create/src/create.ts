import { relative } from 'node:path'
import { readArguments, usage, UsageError } from './arguments.ts'
import { ask, CancelledError, isTerminal } from './ask.ts'
import { decide } from './decide.ts'
import { makeService } from './make-service.ts'
import { nextSteps } from './next-steps.ts'
import { install, usualManager } from './package-manager.ts'
import { assertEmpty, TakenFolderError } from './target-folder.ts'
import { ownVersion } from './versions.ts'

/** Runs the command. Returns the exit code: 0 for success, 1 for a failure, 2 when the command is wrong. */
export async function run(argv: readonly string[], workingFolder: string): Promise<number> {
  try {
    const args = readArguments(argv)
    if (args.help) return print(usage)
    if (args.version) return print(ownVersion())

    const answers = isTerminal() && !args.yes ? await ask(args, args.packageManager ?? usualManager()) : args
    const choices = decide(answers, workingFolder)
    assertEmpty(choices.folder)
    const files = await makeService(choices, () => install(choices.packageManager, choices.folder))
    print(nextSteps(choices, files, relative(workingFolder, choices.folder)))
    return files.installed === 'failed' ? 1 : 0
  } catch (error) {
    if (error instanceof CancelledError) return 1
    if (error instanceof TakenFolderError) return fail(error.message, 1)
    if (error instanceof UsageError) return fail(`${error.message}\n\n${usage}`, 2)
    return fail((error as Error).message, 1)
  }
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

function fail(text: string, code: number): number {
  process.stderr.write(`${text}\n`)
  return code
}
