// `fastify-seaworthy` as a process.
import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import type { Test } from 'tap'

const cli = join(import.meta.dirname, '../src/cli.ts')
/** The folder of the apps, in which commands run. */
export const apps = join(import.meta.dirname, 'apps/commands')

/** The result of a command. */
export interface CommandResult {
  code: number | null
  /** Standard output and error together. */
  output: string
  stdout: string
}

/** Runs a command to its end. */
export async function command(
  t: Test,
  args: readonly string[],
  options: { env?: Record<string, string>; nodeArgs?: string[]; cwd?: string } = {}
): Promise<CommandResult> {
  const running = startNode(t, cli, { cwd: apps, ...options, args: [...args] })
  let stdout = ''
  running.child.stdout?.on('data', (text: string) => void (stdout += text))
  const { code } = await running.exit
  return { code, output: running.output(), stdout }
}
