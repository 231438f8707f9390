import { isatty } from 'node:tty'
import { createInterface, type Interface } from 'node:readline/promises'
import type { Arguments } from './arguments.ts'

/** The user ended the dialogue: nothing is written. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError'
}

/** Whether a person can be asked. */
export const isTerminal = (): boolean => isatty(0) && isatty(1)

/** Asks for what the arguments leave open. */
export async function ask(args: Arguments, packageManager: string): Promise<Arguments> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const cancelled = new Promise<never>((_resolve, reject) => {
    terminal.once('close', () => reject(new CancelledError()))
  })
  cancelled.catch(() => undefined)
  const dialogue = { terminal, cancelled }
  try {
    return {
      ...args,
      folder: args.folder ?? (await text(dialogue, 'Folder', 'service')),
      language:
        args.language ?? ((await yesOrNo(dialogue, 'TypeScript', true)) ? 'typescript' : 'javascript'),
      postgres: args.postgres ?? (await yesOrNo(dialogue, 'PostgreSQL', false)),
      redis: args.redis ?? (await yesOrNo(dialogue, 'Redis', false)),
      install:
        args.install ?? (await yesOrNo(dialogue, `Install the dependencies with ${packageManager}`, true))
    }
  } finally {
    terminal.close()
  }
}

interface Dialogue {
  terminal: Interface
  cancelled: Promise<never>
}

/** An empty line takes the default. */
async function text({ terminal, cancelled }: Dialogue, question: string, initial: string): Promise<string> {
  const line = await Promise.race([terminal.question(`${question} (${initial}): `), cancelled])
  return line.trim() === '' ? initial : line.trim()
}

async function yesOrNo(dialogue: Dialogue, question: string, initial: boolean): Promise<boolean> {
  for (;;) {
    const line = await text(dialogue, `${question}?`, initial ? 'Y/n' : 'y/N')
    if (line === 'Y/n' || /^(?:y|yes)$/i.test(line)) return true
    if (line === 'y/N' || /^(?:n|no)$/i.test(line)) return false
  }
}
