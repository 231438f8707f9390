import { resolve } from 'node:path'
import { startEnded, type Answer } from './commands/answer.ts'
import { describe } from './commands/describe-app.ts'
import { leavePortsAlone, loadApp } from './commands/load-app.ts'

/** Milliseconds that the app has to close what it has opened. */
const closeTimeout = 5000

void start(process.argv[2] ?? '')

/** Loads the app for another process, which gets what it is like: the output, the exits and the crashes are the app's own. */
async function start(file: string): Promise<void> {
  leavePortsAlone()
  try {
    const { app } = await loadApp(resolve(file))
    await app.ready()
    await answer({ seaworthy: describe(app) })
    setTimeout(() => process.exit(), closeTimeout)
    await app.close().catch(() => undefined)
  } catch (error) {
    const { message, code, problems } = error as Error & { code?: unknown; problems?: unknown }
    await answer({ failure: { message: message ?? String(error), code, problems } } as Answer)
  }
  process.exit()
}

async function answer(message: Answer): Promise<void> {
  process.stdout.write(`\n${startEnded}\n`)
  await new Promise((done) => process.send?.(message, undefined, undefined, done))
}
