import { readFileSync } from 'node:fs'

/** Milliseconds after which `fastify start` ends the process, unless it is started with `--close-grace-delay`. */
const fastifyStartMs = 500

/** How long `fastify start` waits for the app to close, in milliseconds. `undefined`: another program started it. */
export function fastifyStartDelay(): number | undefined {
  const [, script = '', ...rest] = process.argv
  if (!/[\\/]fastify-cli[\\/]|[\\/]\.bin[\\/]fastify$/.test(script)) return undefined
  const args = rest.length > 0 ? rest : argumentsOfProcess()
  const index = args.findIndex((argument) => /^(?:--close-grace-delay|-g)(?:=|$)/.test(argument))
  const option = args[index]?.includes('=') ? args[index].split('=')[1] : args[index + 1]
  const { FASTIFY_CLOSE_GRACE_DELAY } = process.env
  return positive(index < 0 ? undefined : option) ?? positive(FASTIFY_CLOSE_GRACE_DELAY) ?? fastifyStartMs
}

/** fastify-cli takes its arguments out of `process.argv`. Linux still has them. */
function argumentsOfProcess(): string[] {
  try {
    return readFileSync('/proc/self/cmdline', 'utf8').split('\0')
  } catch {
    return []
  }
}

/** A listener of another library or of the app, for the same signal. */
export interface RivalListener {
  signal: NodeJS.Signals
  /** The name of the function. */
  name: string
}

/**
 * The other listeners of the signals: each may close the app or end the process while requests are in flight. The
 * listeners of `signal-exit` end nothing unless they are alone.
 *
 * @param isOurs - Whether a listener is that of this package.
 */
export function rivalListeners(
  signals: readonly NodeJS.Signals[],
  isOurs: (listener: unknown) => boolean
): RivalListener[] {
  return signals.flatMap((signal) =>
    process
      .listeners(signal)
      .filter((listener) => !isOurs(listener) && !isSignalExit(String(listener)))
      .map((listener) => ({ signal, name: nameOf(listener) }))
  )
}

/** The listener of `signal-exit`, by its code: 4 has the name, 3 (of execa 5, proper-lockfile and others) the count. */
const isSignalExit = (code: string): boolean =>
  code.includes('__signal_exit_emitter__') || /listeners\.length === emitter\.count\b/.test(code)

/** The name of Nest's listener, which is called `cleanup` in its code. */
export const nestHooks = 'enableShutdownHooks of Nest'

function nameOf(listener: NodeJS.SignalsListener): string {
  const { name } = listener
  if (name === 'cleanup' && String(listener).includes('this.receivedSignal')) return nestHooks
  return name === '' ? 'anonymous' : name
}

/** A number in a text. `undefined` where it is none, or not above 0. */
export const positive = (text: string | undefined): number | undefined =>
  Number(text) > 0 ? Number(text) : undefined
