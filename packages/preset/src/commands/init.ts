import { initUsage, runInit } from '../init/init.ts'
import type { Command } from './command.ts'

/** Writes deployment files. */
export const init: Command = {
  summary: 'Writes deployment files for the app in this folder',
  usage: initUsage,
  async run(args) {
    const { code, lines } = await runInit(args, process.cwd(), async () => {
      // By the package's own name, so that its code is not packed twice.
      const { environmentExample } = await import('fastify-seaworthy')
      return environmentExample()
    })
    for (const line of lines) (code === 0 ? process.stdout : process.stderr).write(`${line}\n`)
    return code
  }
}
