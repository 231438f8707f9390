import { optionChecks } from '@seaworthy/internal'
import { delayed } from './drain/drain-mode.ts'

/** How long the service goes on serving after it has been told to end. */
export interface DrainDelay {
  /** **Milliseconds** at least, 0 to 600000. */
  min?: number
  /** **Milliseconds** at most, 0 to 600000, not below `min`. */
  max?: number
}

/** Options of the shutdown plugin. Every one may be left out. */
export interface ShutdownOptions {
  /**
   * The signals that start the shutdown. A second one ends the process at once, with 128 + its number.
   *
   * @defaultValue ['SIGTERM', 'SIGINT']
   */
  signals?: readonly NodeJS.Signals[]

  /**
   * How long the service goes on serving, not ready, before it stops listening, in **milliseconds**: the time that
   * balancers need to move on. Between `min` and `max` the end is found by watching: a few connections are closed
   * with their answer, and when their clients no longer come back, traffic has moved. A number is `min`.
   *
   * @defaultValue `{ min: 2000, max: 15000 }`; both 0 on a terminal, with `NODE_ENV=development`, and in a cluster worker
   * @throws RangeError when `min` is above `max`, or one of them isn't a whole number from 0 to 600000.
   */
  drainDelay?: number | DrainDelay

  /**
   * How long requests in flight have after the service stopped listening, in **milliseconds**, 0 to 3600000. What is
   * left then is named in the log and cut, and the exit code is 1.
   *
   * @defaultValue 10000
   */
  timeout?: number

  /**
   * How long event streams and WebSockets have to end by themselves after the service stopped listening, in
   * **milliseconds**, 0 to 3600000. Then streams are ended and WebSockets are closed with 1001.
   *
   * @defaultValue `1000`; 0 on a terminal and with `NODE_ENV=development`
   */
  streamGrace?: number

  /**
   * How long one resource has to close, in **milliseconds**, 1 to 3600000, unless it says otherwise.
   *
   * @defaultValue 3000
   */
  resourceTimeout?: number

  /**
   * How long all `onClose` hooks and resources have together, in **milliseconds**, 1 to 3600000. Resources with a
   * timeout of their own come on top.
   *
   * @defaultValue 5000
   */
  closeTimeout?: number

  /**
   * How long telemetry and logs have to leave, in **milliseconds**, 1 to 3600000: all of them at the same time.
   *
   * @defaultValue 2000
   */
  flushTimeout?: number

  /**
   * Whether an uncaught exception or unhandled rejection ends the service: requests in flight are answered, for
   * `timeout` **milliseconds** at most (0 to 3600000), and the exit code is 1. `false` leaves them to others.
   *
   * @defaultValue { timeout: 3000 }
   */
  fatal?: boolean | { timeout?: number }

  /**
   * What the platform waits before it kills, in **milliseconds**. When the shutdown may need more, the start says so.
   *
   * @defaultValue `TERMINATION_GRACE_PERIOD_SECONDS` from the environment, in seconds
   */
  gracePeriod?: number

  /**
   * Whether to speak to PM2 (or another parent): `ready` is sent when listening, `shutdown` starts the shutdown.
   *
   * @defaultValue `true` under PM2 and in a cluster worker
   */
  pm2?: boolean

  /**
   * Whether to speak to systemd, through `systemd-notify`: ready, stopping, and the watchdog.
   *
   * @defaultValue `true` where `NOTIFY_SOCKET` is set
   */
  systemd?: boolean

  /**
   * Ends the process, with the exit code. `false` leaves the process alone, for tests and for several apps that
   * somebody else ends.
   *
   * @defaultValue process.exit
   */
  exit?: false | ((code: number) => void)
}

/** The options with everything decided. */
export interface ResolvedOptions {
  signals: readonly NodeJS.Signals[]
  drainDelay: { min: number; max: number }
  timeout: number
  streamGrace: number
  resourceTimeout: number
  closeTimeout: number
  flushTimeout: number
  /** How long requests have after a fatal error; `undefined` leaves fatal errors to others. */
  fatal: number | undefined
  gracePeriod: number | undefined
  pm2: boolean | undefined
  systemd: boolean | undefined
  exit: false | ((code: number) => void)
}

const check = optionChecks('shutdown')
const hour = { max: 3_600_000, unit: 'milliseconds' }
const names = [
  'signals',
  'drainDelay',
  'timeout',
  'streamGrace',
  'resourceTimeout',
  'closeTimeout',
  'flushTimeout',
  'fatal',
  'gracePeriod',
  'pm2',
  'systemd',
  'exit'
] satisfies (keyof ShutdownOptions)[]

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions(options: ShutdownOptions): ResolvedOptions {
  check.keys('', options, names)
  const wait = delayed()
  const {
    signals = ['SIGTERM', 'SIGINT'],
    timeout = 10_000,
    streamGrace = wait === 'none' ? 0 : 1000,
    resourceTimeout = 3000,
    closeTimeout = 5000,
    flushTimeout = 2000,
    fatal = true,
    gracePeriod,
    pm2,
    systemd,
    exit = (code) => process.exit(code)
  } = options
  if (exit !== false) check.fn('exit', exit)

  return {
    signals: checkSignals(signals),
    drainDelay: checkDelay(options.drainDelay, wait !== 'full'),
    timeout: check.integer('timeout', timeout, { min: 0, ...hour }),
    streamGrace: check.integer('streamGrace', streamGrace, { min: 0, ...hour }),
    resourceTimeout: check.integer('resourceTimeout', resourceTimeout, { min: 1, ...hour }),
    closeTimeout: check.integer('closeTimeout', closeTimeout, { min: 1, ...hour }),
    flushTimeout: check.integer('flushTimeout', flushTimeout, { min: 1, ...hour }),
    fatal: checkFatal(fatal),
    gracePeriod:
      gracePeriod === undefined
        ? graceFromEnvironment()
        : check.integer('gracePeriod', gracePeriod, { min: 1, ...hour }),
    pm2: pm2 === undefined ? undefined : check.boolean('pm2', pm2),
    systemd: systemd === undefined ? undefined : check.boolean('systemd', systemd),
    exit
  }
}

function checkSignals(signals: readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  const valid =
    Array.isArray(signals) && signals.every((name) => /^SIG[A-Z0-9]+$/.test(name) && !forbidden.has(name))
  return valid
    ? [...new Set(signals)]
    : check.fail('signals', 'a list of signals that can be caught', signals)
}

const forbidden = new Set<string>(['SIGKILL', 'SIGSTOP'])

function checkDelay(delay: number | DrainDelay | undefined, none: boolean): { min: number; max: number } {
  const limits = { min: 0, max: 600_000, unit: 'milliseconds' }
  if (typeof delay === 'number') {
    check.integer('drainDelay', delay, limits)
    return { min: delay, max: delay === 0 ? 0 : Math.max(delay, 15_000) }
  }
  if (delay !== undefined && (typeof delay !== 'object' || delay === null)) {
    check.fail('drainDelay', 'a number of milliseconds or { min, max }', delay)
  }
  const { min, max, ...others } = delay ?? {}
  check.keys('drainDelay', others, ['min', 'max'])
  const least = check.integer('drainDelay.min', min ?? Math.min(none ? 0 : 2000, max ?? Infinity), limits)
  const most = max ?? (none && min === undefined ? 0 : Math.max(least, 15_000))
  check.integer('drainDelay.max', most, limits)
  if (most < least) check.fail('drainDelay.max', `at least "drainDelay.min" (${least})`, most)
  return { min: least, max: most }
}

function checkFatal(fatal: boolean | { timeout?: number }): number | undefined {
  if (typeof fatal === 'boolean') return fatal ? 3000 : undefined
  if (typeof fatal !== 'object' || fatal === null) check.fail('fatal', 'true, false or { timeout }', fatal)
  check.keys('fatal', fatal, ['timeout'])
  return check.integer('fatal.timeout', fatal.timeout ?? 3000, { min: 0, ...hour })
}

/** Milliseconds, from the variable that a manifest sets beside its own `terminationGracePeriodSeconds`. */
function graceFromEnvironment(): number | undefined {
  const seconds = process.env.TERMINATION_GRACE_PERIOD_SECONDS
  if (seconds === undefined || seconds === '') return undefined
  return /^\d+$/.test(seconds)
    ? Number(seconds) * 1000
    : check.fail('TERMINATION_GRACE_PERIOD_SECONDS', 'a whole number of seconds', seconds)
}
