import { holdBackSecondListeners } from './hold-back.ts'

/** One app of the process. */
export interface ManagedApp {
  readonly signals: readonly NodeJS.Signals[]
  /** Whether the process has to wait for it: it listens, or its shutdown runs. */
  readonly isActive: boolean
  onSignal(name: NodeJS.Signals): void
  /** Other code has added a listener of a signal of the app. */
  onRival(): void
  /** Another signal while the shutdown runs: the process should exit at once. */
  onSecondSignal(name: NodeJS.Signals): void
  onFatalError(error: unknown, origin: string): void
  exit(code: number): void
}

/**
 * Signals and fatal errors concern the process, which may have several apps: these share one listener for each event,
 * and the process exits when the last app has ended.
 */
export interface ProcessLifecycle {
  add(app: ManagedApp): void
  /** From now on fatal errors reach the app. */
  watchFatalErrors(app: ManagedApp): void
  remove(app: ManagedApp): void
  /** The app's shutdown is over. The process exits with the highest code once no other app is active. */
  finished(app: ManagedApp, code: number): void
  /** Whether a listener of a signal is the one of this object. */
  isSignalListener(listener: unknown): boolean
}

const key = Symbol.for('seaworthy.process-lifecycle.v1')

/** The one instance of the process, shared by all copies of this package. */
export function processLifecycle(): ProcessLifecycle {
  const holder = process as typeof process & { [key]?: ProcessLifecycle }
  return (holder[key] ??= createProcessLifecycle())
}

/**
 * Milliseconds in which another signal is the same event: it comes from the terminal or the supervisor, which signal a
 * whole process group, and from a wrapper between (npm, cross-env, dumb-init) that passes it on, or ends by it and
 * terminates its child with SIGTERM.
 */
const signalDedupeMs = 500

function createProcessLifecycle(): ProcessLifecycle {
  const apps = new Set<ManagedApp>()
  const signals = createSignalListener(apps)
  const fatalErrors = createFatalErrorListener()
  let highestCode = 0

  const remove = (app: ManagedApp) => {
    apps.delete(app)
    fatalErrors.remove(app)
    if (apps.size === 0) signals.stop()
  }

  return {
    add(app) {
      apps.add(app)
      signals.listen(app.signals)
    },
    watchFatalErrors: fatalErrors.add,
    remove,
    isSignalListener: signals.isListener,
    finished(app, code) {
      highestCode = Math.max(highestCode, code)
      const isLast = ![...apps].some((other) => other !== app && other.isActive)
      if (isLast) app.exit(highestCode)
      remove(app)
      if (isLast) highestCode = 0
    }
  }
}

/** Passes the first signal to the apps; a second one exits. */
function createSignalListener(apps: ReadonlySet<ManagedApp>) {
  const listening = new Set<NodeJS.Signals>()
  /** When the first signal came, for each app: they may have different signals. */
  const firstAt = new WeakMap<ManagedApp, number>()

  const onSignal = (name: NodeJS.Signals) => {
    const now = performance.now()
    const concerned = [...apps].filter(({ signals }) => signals.includes(name))
    if (!concerned.some((app) => firstAt.has(app)))
      for (const signal of listening) holdBackSecondListeners(signal, signalDedupeMs)
    for (const app of concerned) {
      const first = firstAt.get(app)
      if (first === undefined) {
        firstAt.set(app, now)
        app.onSignal(name)
      } else if (now - first >= signalDedupeMs) app.onSecondSignal(name)
    }
  }

  /** Code that runs later may add a listener before ours, or remove ours: at the signal it is too late to name it. */
  const onNewListener = (name: string | symbol, listener: unknown) => {
    if (listener === onSignal || !listening.has(name as NodeJS.Signals)) return
    queueMicrotask(() => {
      for (const app of apps) app.onRival()
    })
  }

  return {
    listen(names: readonly NodeJS.Signals[]) {
      if (listening.size === 0) process.on('newListener', onNewListener)
      for (const name of names) {
        if (listening.has(name)) continue
        listening.add(name)
        process.on(name, onSignal)
      }
    },
    stop() {
      for (const name of listening) process.off(name, onSignal)
      listening.clear()
      process.off('newListener', onNewListener)
    },
    isListener: (listener: unknown) => listener === onSignal
  }
}

/** Passes uncaught exceptions and unhandled rejections to the apps. Without apps it leaves Node's behaviour. */
function createFatalErrorListener() {
  const apps = new Set<ManagedApp>()
  const onException = (error: unknown, origin: string) => {
    for (const app of apps) app.onFatalError(error, origin)
  }
  const onRejection = (error: unknown) => onException(error, 'unhandledRejection')

  return {
    add(app: ManagedApp) {
      if (apps.size === 0) {
        process.on('uncaughtException', onException)
        process.on('unhandledRejection', onRejection)
      }
      apps.add(app)
    },
    remove(app: ManagedApp) {
      if (!apps.delete(app) || apps.size > 0) return
      process.off('uncaughtException', onException)
      process.off('unhandledRejection', onRejection)
    }
  }
}
