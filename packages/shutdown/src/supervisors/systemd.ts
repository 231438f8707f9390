import { spawn } from 'node:child_process'
import type { FastifyBaseLogger } from 'fastify'

/** Tells systemd how the service is. Node has no datagram sockets of that kind, so a small program sends. */
export interface SystemdNotifier {
  ready(): void
  /** @param budget - Milliseconds that systemd is asked to allow. */
  stopping(budget: number): void
  close(): void
}

/** @param enabled - `undefined` finds out. */
export function systemdNotifier(
  enabled: boolean | undefined,
  log: FastifyBaseLogger
): SystemdNotifier | undefined {
  if (!(enabled ?? Boolean(process.env.NOTIFY_SOCKET))) return undefined

  let failed = false
  const fail = (why: unknown) => {
    if (!failed) log.warn({ err: why }, 'shutdown: systemd-notify failed')
    failed = true
  }
  const send = (state: readonly string[], sent: () => void) => {
    // `systemd-notify` sends the state of its parent, with `NotifyAccess=all` in the unit.
    const child = spawn('systemd-notify', state, { stdio: 'ignore' })
    child.once('error', (error) => {
      fail(error)
      sent()
    })
    child.once('exit', (code) => {
      if (code) fail(new Error(`exit code ${code}`))
      sent()
    })
    child.unref()
  }

  // One after another: two programs started at once arrive in any order.
  const queue: string[][] = []
  let sending = false
  const next = () => {
    const state = queue.shift()
    sending = state !== undefined
    if (state) send(state, next)
  }
  const notify = (...state: string[]) => {
    queue.push(state)
    if (!sending) next()
  }
  const alive = () => {
    if (queue.length === 0) notify('WATCHDOG=1')
  }

  let watchdog: NodeJS.Timeout | undefined
  return {
    ready() {
      notify('READY=1', `MAINPID=${process.pid}`)
      const period = watchdogPeriod()
      // A blocked event loop sends nothing, which is the point.
      if (period) watchdog = setInterval(alive, period).unref()
    },
    stopping(budget) {
      notify('STOPPING=1', `EXTEND_TIMEOUT_USEC=${budget * 1000}`)
    },
    close() {
      clearInterval(watchdog)
      // The process is about to exit, and nobody will call back.
      for (const state of queue.splice(0)) send(state, () => undefined)
    }
  }
}

/** Half of what systemd allows, in milliseconds; `undefined` where it watches nobody, or another process. */
function watchdogPeriod(): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (WATCHDOG_PID && WATCHDOG_PID !== `${process.pid}`) return undefined
  const period = Math.floor(Number(WATCHDOG_USEC) / 2000)
  return period > 0 ? period : undefined
}
