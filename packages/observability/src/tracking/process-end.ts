import { isCapturingListener, isCapturingRejections } from '../internals/index.ts'

/** The part of one app in the handling of an uncaught error. */
export interface ProcessEndApp {
  /** Writes the line and tracks the error. Returns after the line was written. */
  report(thrown: unknown, origin: string, exits: boolean): void
  /** Sends what was gathered. */
  flush(): Promise<unknown>
}

interface ProcessEnd {
  readonly apps: Set<ProcessEndApp>
  readonly listener: (thrown: unknown, origin: string) => void
  readonly onRejection: (reason: unknown) => void
}

// A process ends once: all apps in it, whichever copy of this package they use, share the listener that decides.
const key = Symbol.for('seaworthy.process-end.v2')
type Holder = NodeJS.Process & { [key]?: ProcessEnd | undefined }

function createProcessEnd(): ProcessEnd {
  const apps = new Set<ProcessEndApp>()
  let exiting = false

  const listener = (thrown: unknown, origin: string) => {
    // Programs that only capture errors leave the process to us; any other listener decides about it.
    const others = process
      .listeners('uncaughtException')
      .filter((other) => other !== listener && !isCapturingListener(other))
    const exits = others.length === 0
    for (const app of apps) app.report(thrown, origin, exits)
    if (exiting || !exits) return
    exiting = true
    const exit = () => process.exit(1)
    void Promise.all(Array.from(apps, async (app) => app.flush())).then(exit, exit)
  }

  // Without a listener, Node makes an uncaught error of it. Sentry's has it go on: the process would be in any state.
  const onRejection = (reason: unknown) => {
    const others = process
      .listeners('unhandledRejection')
      .filter((other) => other !== onRejection && !isCapturingRejections(other))
    if (others.length === 0) listener(reason, 'unhandledRejection')
  }
  return { apps, listener, onRejection }
}

/** Adds an app to those that an uncaught error concerns. Returns how to remove it. */
export function joinProcessEnd(app: ProcessEndApp): () => void {
  const holder: Holder = process
  const end = (holder[key] ??= createProcessEnd())
  if (end.apps.size === 0) process.on('uncaughtException', end.listener)
  const isAdded = process.listeners('unhandledRejection').includes(end.onRejection)
  if (!isAdded && process.listeners('unhandledRejection').some(isCapturingRejections))
    process.on('unhandledRejection', end.onRejection)
  end.apps.add(app)
  return () => {
    if (!end.apps.delete(app) || end.apps.size > 0) return
    process.off('uncaughtException', end.listener)
    process.off('unhandledRejection', end.onRejection)
    holder[key] = undefined
  }
}
