import { resolve } from 'node:path'
import type { Answer, Failure } from './commands/app-messages.ts'
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
    await answer({ failure: failureOf(error) })
  }
  process.exit()
}

function failureOf(error: unknown): Failure {
  const { message, code, problems } = (error ?? {}) as Partial<Failure>
  return {
    message: message ?? String(error),
    ...(code === undefined ? {} : { code }),
    ...(problems === undefined ? {} : { problems })
  }
}

async function answer(message: Answer): Promise<void> {
  await new Promise((done) => process.send?.(message, undefined, undefined, done))
}
