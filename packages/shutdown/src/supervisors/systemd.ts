import { spawn } from 'node:child_process'
import { capDelay } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'

/** Sends the state of the service to systemd. Node has no datagram sockets of that kind: `systemd-notify` sends. */
export interface SystemdNotifier {
  ready(): void
  /** @param budget - Milliseconds that the shutdown may take: systemd extends its timeout to them. */
  stopping(budget: number): void
  /** Resolves when the program of the last state has started, so that none overtakes another at the exit. */
  started(): Promise<void>
  close(): void
}

/**
 * @param enabled - `undefined` detects systemd by `NOTIFY_SOCKET`.
 * @returns `undefined` when it is disabled.
 */
export function systemdNotifier(
  enabled: boolean | undefined,
  log: FastifyBaseLogger
): SystemdNotifier | undefined {
  if (!(enabled ?? Boolean(process.env.NOTIFY_SOCKET))) return undefined

  const queue = createQueue(createSender(log))
  const ping = () => {
    if (queue.isEmpty()) queue.add(['WATCHDOG=1'])
  }
  let watchdog: NodeJS.Timeout | undefined
  return {
    ready() {
      queue.add(['READY=1', `MAINPID=${process.pid}`])
      const period = watchdogPeriod()
      // A blocked event loop sends nothing: systemd then restarts the service, as intended.
      if (period) watchdog = setInterval(ping, period).unref()
    },
    stopping(budget) {
      queue.add(['STOPPING=1', `EXTEND_TIMEOUT_USEC=${budget * 1000}`])
    },
    started: queue.whenEmpty,
    close() {
      clearInterval(watchdog)
      queue.sendRest()
    }
  }
}

type Send = (state: readonly string[], done: () => void) => void

/** Runs `systemd-notify`. The first failure is logged. */
function createSender(log: FastifyBaseLogger): Send {
  let hasFailed = false
  const onFailure = (reason: unknown) => {
    if (!hasFailed)
      log.warn(
        { err: reason },
        'shutdown: systemd-notify failed; systemd is not notified; install it, or set systemd to false'
      )
    hasFailed = true
  }
  return (state, done) => {
    // `systemd-notify` sends the state of its parent, with `NotifyAccess=all` in the unit.
    const child = spawn('systemd-notify', state, { stdio: 'ignore' })
    child.once('error', (error) => {
      onFailure(error)
      done()
    })
    child.once('exit', (code) => {
      if (code) onFailure(new Error(`exit code ${code}`))
      done()
    })
    child.unref()
  }
}

/** Sends one state after another: two programs that start at the same time may send in any order. */
function createQueue(send: Send) {
  const waiting: (readonly string[])[] = []
  let isSending = false
  let onEmpty: (() => void) | undefined
  const sendNext = () => {
    const state = waiting.shift()
    isSending = state !== undefined
    if (state) send(state, sendNext)
    if (waiting.length === 0) onEmpty?.()
  }
  return {
    isEmpty: () => waiting.length === 0,
    add(state: readonly string[]) {
      waiting.push(state)
      if (!isSending) sendNext()
    },
    whenEmpty: () =>
      waiting.length === 0 ? Promise.resolve() : new Promise<void>((resolve) => (onEmpty = resolve)),
    /** Starts all programs at once: the process is about to exit, and would not see the end of the first one. */
    sendRest() {
      for (const state of waiting.splice(0)) send(state, () => undefined)
    }
  }
}

/** Half of systemd's watchdog timeout, in milliseconds; `undefined` without a watchdog, or with one of another process. */
function watchdogPeriod(): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (WATCHDOG_PID && WATCHDOG_PID !== `${process.pid}`) return undefined
  const period = Math.floor(capDelay(Number(WATCHDOG_USEC) / 2000))
  return period > 0 ? period : undefined
}
