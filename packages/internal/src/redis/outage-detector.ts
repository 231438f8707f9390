import { canSend, type RedisClient } from './client.ts'

/** Timeouts in a row after which Redis counts as down: a single one may be a pause. */
const maxTimeouts = 3
/** Milliseconds between probes while Redis is down. */
const probeInterval = 250
/** Probes without an answer after which the connection itself counts as dead: a firewall drops it silently. */
const maxProbes = 20

/** What an {@link OutageDetector} watches and whom it tells. */
export interface OutageDetectorOptions {
  client: RedisClient
  /** Called when Redis stops answering, with the reason, and when it answers again. */
  onChange: (up: boolean, error?: Error) => void
  /** Replaces a connection on which nothing comes back. Without it the connection is the app's to replace. */
  reconnect?: (() => void) | undefined
}

/** Tells whether Redis answers. While it is down, it probes with PING until an answer comes. */
export class OutageDetector {
  readonly #options: OutageDetectorOptions
  #downError: Error | undefined
  #timeouts = 0
  #probe: NodeJS.Timeout | undefined

  constructor(options: OutageDetectorOptions) {
    this.#options = options
  }

  /** Why Redis counts as down; `undefined` while it is up. One error for all, so that no call pays for a stack. */
  get downError(): Error | undefined {
    return this.#downError
  }

  /** A call was answered, be it with an error of the script. */
  answered(): void {
    this.#timeouts = 0
  }

  /** A call got no answer in time. */
  timedOut(error: Error): void {
    if (++this.#timeouts >= maxTimeouts) this.#down(error)
  }

  /** A call failed: the connection is not there, or Redis refused the command. */
  failed(error: Error): void {
    this.#down(error)
  }

  /** Ends the probes. */
  close(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  #down(error: Error): void {
    if (this.#downError) return
    this.#downError = error
    this.#options.onChange(false, error)
    let waiting = false
    let unanswered = 0
    this.#probe = setInterval(() => {
      const { client, reconnect } = this.#options
      // In state `connect` the connection is open and has not answered yet.
      unanswered = canSend(client) || client.status === 'connect' ? unanswered + 1 : 0
      if (unanswered > maxProbes) {
        unanswered = 0
        waiting = false
        reconnect?.()
        return
      }
      if (waiting || !canSend(client)) return
      waiting = true
      client.ping().then(
        () => this.#up(),
        () => (waiting = false)
      )
    }, probeInterval)
    this.#probe.unref()
  }

  #up(): void {
    if (this.#probe === undefined) return
    this.close()
    this.#timeouts = 0
    this.#downError = undefined
    this.#options.onChange(true)
  }
}
