import type { Complete } from '@seaworthy/internal'
/**
 * How long the service continues to serve after its shutdown has started.
 *
 * @example
 * const drainDelay: DrainDelay = { min: 1000, max: 10_000 }
 * await app.register(shutdown, { drainDelay })
 */
export interface DrainDelay {
  /**
   * The shortest delay. Milliseconds, 0 to 600000.
   *
   * @defaultValue 2000
   */
  min?: number | undefined

  /**
   * The longest delay. Milliseconds, 0 to 600000, not below `min`.
   *
   * @defaultValue 15000
   */
  max?: number | undefined
}

/**
 * Options of the shutdown plugin. All are optional.
 *
 * @example
 * const options: ShutdownOptions = { timeout: 20_000, signals: ['SIGTERM'] }
 * await app.register(shutdown, options)
 */
export interface ShutdownOptions {
  /**
   * The signals that start the shutdown. A second signal exits at once, with code 128 + its number; one within 500 ms
   * counts as the first, because wrappers pass signals on.
   *
   * @defaultValue ['SIGTERM', 'SIGINT']
   * @throws RangeError for a signal that cannot be caught.
   */
  signals?: readonly NodeJS.Signals[] | undefined

  /**
   * How long the service continues to serve, not ready, before it stops listening: the time that load balancers need
   * to route elsewhere. Milliseconds, 0 to 600000. The delay ends between `min` and `max`, when traffic has moved: a
   * few connections are closed with a response, and their clients no longer come back. A number is `min`.
   *
   * @defaultValue `{ min: 2000, max: 15000 }`, shorter to fit `gracePeriod`; both 0 where that is below 3000, on a terminal, with `NODE_ENV=development`, in a cluster worker and under PM2
   * @throws RangeError when `min` is above `max`, or one of them is not a whole number from 0 to 600000.
   */
  drainDelay?: number | DrainDelay | undefined

  /**
   * How long requests in flight have after the service stopped listening. Milliseconds, 0 to 3600000. After that, the
   * remaining requests are logged and cut, and the exit code is 1.
   *
   * @defaultValue 10000, less to fit `gracePeriod`: then what the drain has left is added
   */
  timeout?: number | undefined

  /**
   * How long event streams and WebSockets have to end by themselves after the service stopped listening.
   * Milliseconds, 0 to 3600000. Then streams are ended and WebSockets are closed with 1001.
   *
   * @defaultValue `1000`; 0 on a terminal and with `NODE_ENV=development`
   */
  streamGrace?: number | undefined

  /**
   * How long one resource has to close, unless it is registered with another timeout. Milliseconds, 1 to 3600000.
   *
   * @defaultValue 3000
   */
  resourceTimeout?: number | undefined

  /**
   * How long all `onClose` hooks and resources have together. Milliseconds, 1 to 3600000. The timeouts of resources
   * that are registered with one are added.
   *
   * @defaultValue 5000, less to fit `gracePeriod`
   */
  closeTimeout?: number | undefined

  /**
   * How long telemetry and logs have to be sent, all at the same time. Milliseconds, 1 to 3600000.
   *
   * @defaultValue 2000, less to fit `gracePeriod`
   */
  flushTimeout?: number | undefined

  /**
   * Whether an uncaught exception or unhandled rejection shuts the service down: requests in flight are answered, for
   * `timeout` at most (milliseconds, 0 to 3600000), and the exit code is 1. `false` leaves such errors to other
   * listeners and to Node, and so does a process of node:test, Vitest, Jest, tap, AVA or Mocha.
   *
   * @defaultValue { timeout: 3000 }
   */
  fatal?: boolean | { timeout?: number | undefined } | undefined

  /**
   * How long the platform waits before it kills the process. Milliseconds, 1 to 3600000. Defaults are shortened in
   * proportion to fit into 85 % of it; the start warns when the options do not fit.
   *
   * @defaultValue `TERMINATION_GRACE_PERIOD_SECONDS` from the environment, in seconds; else the default of the platform: Kubernetes, ECS, Heroku and Render 30000, Cloud Run 10000, Fly and Nomad 5000, PM2 `kill_timeout` or 1600, `fastify start` its delay or 500, systemd 45000 (with `NOTIFY_SOCKET` it is notified instead); else 10000, as `docker stop`; none for a developer
   * @throws RangeError when that variable is not a whole number.
   */
  gracePeriod?: number | undefined

  /**
   * Whether to exchange messages with PM2 or another parent process: `ready` is sent when the app listens, and a
   * `shutdown` message starts the shutdown.
   *
   * @defaultValue `true` under PM2 and in a cluster worker
   */
  pm2?: boolean | undefined

  /**
   * Whether to send the state to systemd, through `systemd-notify`: ready, stopping, and the watchdog.
   *
   * @defaultValue `true` where `NOTIFY_SOCKET` is set
   */
  systemd?: boolean | undefined

  /**
   * Exits the process with the exit code: after a clean shutdown the `process.exitCode` that the app has set, else 0;
   * 1 otherwise. `false` leaves the process running: for tests, and for apps that other code
   * ends.
   *
   * @defaultValue process.exit
   */
  exit?: false | ((code: number) => void) | undefined
}

/** The defaults of a process behind a load balancer. `undefined`: detected in the environment. */
export const defaults = {
  signals: ['SIGTERM', 'SIGINT'],
  drainDelay: { min: 2000, max: 15_000 },
  timeout: 10_000,
  streamGrace: 1000,
  resourceTimeout: 3000,
  closeTimeout: 5000,
  flushTimeout: 2000,
  fatal: { timeout: 3000 },
  gracePeriod: undefined,
  pm2: undefined,
  systemd: undefined,
  exit: (code: number): void => process.exit(code)
} as const satisfies { [K in keyof Complete<ShutdownOptions>]: ShutdownOptions[K] | undefined }
