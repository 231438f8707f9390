import { constants } from 'node:os'

/** An app as the process sees it. */
export interface EndingApp {
  readonly signals: readonly NodeJS.Signals[]
  /** Whether the process has to wait for it: it serves, or it is on its way down. */
  readonly alive: boolean
  signal(name: NodeJS.Signals): void
  fatal(error: unknown, origin: string): void
  exit(code: number): void
}

/**
 * Signals and fatal errors belong to the process, of which there is one, while apps may be several: they share one
 * listener per event, and the process ends when the last app has.
 */
export interface ProcessEnd {
  add(app: EndingApp): void
  /** From now on fatal errors reach the app. */
  watchFatal(app: EndingApp): void
  remove(app: EndingApp): void
  /** The app has ended. The process exits with the highest code once no other app is alive. */
  ended(app: EndingApp, code: number): void
}

const key = Symbol.for('seaworthy.process-end.v1')

/** The process's only one, whatever copies of this package it has loaded. */
export function processEnd(): ProcessEnd {
  const holder = process as typeof process & { [key]?: ProcessEnd }
  return (holder[key] ??= createProcessEnd())
}

/** A terminal's Ctrl-C reaches Node twice under npm: once from the terminal, once from npm. */
const echo = 100

function createProcessEnd(): ProcessEnd {
  const apps = new Set<EndingApp>()
  const fatals = new Set<EndingApp>()
  const listening = new Set<NodeJS.Signals>()
  let first: { name: NodeJS.Signals; at: number } | undefined
  let worst = 0

  const onSignal = (name: NodeJS.Signals) => {
    const now = performance.now()
    if (first && first.name === name && name === 'SIGINT' && process.stdout.isTTY && now - first.at < echo)
      return
    const again = first !== undefined
    first ??= { name, at: now }
    for (const app of apps) {
      if (!app.signals.includes(name)) continue
      if (again) app.exit(128 + constants.signals[name])
      else app.signal(name)
    }
  }
  const onException = (error: unknown, origin: string) => {
    for (const app of fatals) app.fatal(error, origin)
  }
  const onRejection = (error: unknown) => onException(error, 'unhandledRejection')

  const settle = () => {
    if (apps.size > 0) return
    for (const name of listening) process.off(name, onSignal)
    listening.clear()
    first = undefined
  }
  const drop = (app: EndingApp) => {
    apps.delete(app)
    if (!fatals.delete(app) || fatals.size > 0) return
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }

  return {
    add(app) {
      apps.add(app)
      for (const name of app.signals) {
        if (listening.has(name)) continue
        listening.add(name)
        process.on(name, onSignal)
      }
    },
    watchFatal(app) {
      if (fatals.size === 0) {
        process.on('uncaughtException', onException)
        process.on('unhandledRejection', onRejection)
      }
      fatals.add(app)
    },
    remove(app) {
      drop(app)
      settle()
    },
    ended(app, code) {
      worst = Math.max(worst, code)
      const others = [...apps].some((other) => other !== app && other.alive)
      if (!others) app.exit(worst)
      drop(app)
      if (!others) worst = 0
      settle()
    }
  }
}
