import cluster from 'node:cluster'
import { resolve } from 'node:path'
import type { Answer, Failure } from './commands/app-messages.ts'
import { describe } from './commands/describe-app.ts'
import { useFreePorts, loadApp } from './commands/load-app.ts'
import { setTrial, type Trial } from './adoption/trial.ts'

/** Milliseconds that the app has to close. */
const closeTimeoutMs = 5000

const [, , file = '', trial] = process.argv

if (trial !== undefined) setTrial(JSON.parse(trial) as Trial)
void start(file)

/** Loads the app and sends its description to the parent process. Output, exits and crashes stay in this process. */
async function start(file: string): Promise<void> {
  useFreePorts()
  // Workers of an app that makes some run this file too, and describe the app in place of their primary.
  cluster.on('message', (_worker, message: Answer) => {
    if (message?.seaworthy ?? message?.failure) void sendAnswer(message).then(() => process.exit())
  })
  try {
    const { app, isPlugin } = await loadApp(resolve(file))
    await app.ready()
    await sendAnswer({ seaworthy: { ...describe(app), ...(isPlugin ? { isPlugin } : {}) } })
    setTimeout(() => process.exit(), closeTimeoutMs)
    await app.close().catch(() => undefined)
  } catch (error) {
    await sendAnswer({ failure: failureOf(error) })
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

async function sendAnswer(message: Answer): Promise<void> {
  await new Promise((done) => process.send?.(message, undefined, undefined, done))
}
