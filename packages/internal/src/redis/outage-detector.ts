import { canSend, type RedisClient } from './client.ts'
import { isErrorOfKey, isReplyError } from './server-errors.ts'
import { outageCause } from './outage-cause.ts'
import { withoutCommand } from './without-command.ts'

/** Timeouts in a row after which Redis counts as down: a single one may be a pause. */
const maxTimeouts = 3
/** Milliseconds between probes while Redis is down. */
const probeInterval = 250
/** Milliseconds between probes of a server that goes on rejecting calls. */
const maxProbeInterval = 30_000
/** Errors of single keys in a row after which Redis counts as down. */
const maxErrorsOfKeys = 20
/** Causes of errors of keys that are reported. */
const maxCausesOfKeys = 20
/** Probes for which the report of a lost connection waits for its error: its state says less. */
const maxVagueProbes = 2
/** Causes that are news in one outage. */
const maxCauses = 20
/** Milliseconds without an answer after which the connection itself counts as dead: a firewall drops it silently. */
const maxSilence = 5000

/**
 * Called when Redis stops answering, with the reason, when the reason changes, and when it answers again. `isNews` is
 * whether a log needs a line: once for each cause of an outage, as soon as it is known, and for the end of those.
 */
export type OnChange = (up: boolean, error: Error | undefined, isNews: boolean) => void

/** The client that an {@link OutageDetector} watches, and its listeners. */
export interface OutageDetectorOptions {
  client: RedisClient
  onChange: OnChange
  /** The last error of the connection. */
  lastError?: (() => Error | undefined) | undefined
  /** Called with the error of a key, once for each cause: the other keys are served. */
  onErrorOfKey?: ((error: Error) => void) | undefined
  /** Replaces a connection on which nothing comes back. Without it the connection is the app's to replace. */
  reconnect?: (() => void) | undefined
}

/**
 * Tells whether Redis answers. While it is down, it probes with PING until an answer comes. A server that rejects calls
 * (out of memory, read only, no permission) answers PING all the same: then only a call that works shows that it is up.
 */
export class OutageDetector {
  readonly #options: OutageDetectorOptions
  #downError: Error | undefined
  /** The cause that was reported last. `undefined` while Redis is up. */
  #reported: Error | undefined
  /** Whether the report had only the state of the connection, and the probes since. */
  #vagueProbes: number | undefined
  #lastError: Error | undefined
  /** The causes of this outage that were news. */
  readonly #causes = new Set<string>()
  #isRejecting = false
  #timeouts = 0
  #errorsOfKeys = 0
  /** The causes of errors of keys that were reported. */
  readonly #causesOfKeys = new Set<string>()
  #interval = probeInterval
  #probe: NodeJS.Timeout | undefined

  constructor(options: OutageDetectorOptions) {
    this.#options = options
  }

  /** Why calls must not be tried now; `undefined` if they may. One error for all, so that no call pays for a stack. */
  get downError(): Error | undefined {
    return this.#downError
  }

  /** Whether Redis answers, as it was reported last. */
  get up(): boolean {
    return this.#reported === undefined
  }

  /** A call worked. */
  noteAnswer(): void {
    this.#timeouts = 0
    this.#errorsOfKeys = 0
    if (this.#reported !== undefined && this.#downError === undefined) this.#reportUp()
  }

  /** A call of another kind worked on the same connection, so that the server can be reached. */
  noteReachable(): void {
    if (this.#downError !== undefined && !this.#isRejecting) this.#allowCalls()
  }

  /** A call got no answer in time. */
  noteTimeout(error: Error): void {
    if (++this.#timeouts >= maxTimeouts) this.#markDown(error, false)
  }

  /** A call failed: the connection is not there, or Redis rejected the command. `isVague`: its cause is not known yet. */
  noteError(error: Error, isVague = false): void {
    if (isErrorOfKey(error) && ++this.#errorsOfKeys < maxErrorsOfKeys) return this.#reportErrorOfKey(error)
    this.#markDown(error, isReplyError(error), isVague)
  }

  /** Ends the probes. */
  close(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  #markDown(error: Error, isRejecting: boolean, isVague = false): void {
    if (this.#downError) return
    this.#downError = error
    this.#isRejecting = isRejecting
    // A server that still rejects calls is probed less often.
    this.#interval =
      this.#reported === undefined ? probeInterval : Math.min(this.#interval * 2, maxProbeInterval)
    this.#report(error, isVague)
    this.#startProbes()
  }

  #report(error: Error, isVague: boolean): void {
    const cause = outageCause(error)
    const isSame = this.#reported !== undefined && outageCause(this.#reported) === cause
    if (isSame && (isVague || this.#vagueProbes === undefined)) return
    this.#reported = error
    this.#vagueProbes = isVague ? 0 : undefined
    const isNews = !isVague && !this.#causes.has(cause) && this.#causes.size < maxCauses
    if (isNews) this.#causes.add(cause)
    this.#options.onChange(false, error, isNews)
  }

  /** While there is no connection, each attempt to connect has an error. */
  #learnCause(): void {
    const last = this.#isRejecting ? undefined : this.#options.lastError?.()
    if (last !== undefined && last !== this.#lastError) {
      this.#lastError = last
      this.#downError = withoutCommand(last)
      this.#report(this.#downError, false)
    } else if (this.#vagueProbes !== undefined && ++this.#vagueProbes >= maxVagueProbes)
      this.#report(this.#downError!, false)
  }

  #reportErrorOfKey(error: Error): void {
    const cause = outageCause(error)
    if (this.#causesOfKeys.has(cause) || this.#causesOfKeys.size >= maxCausesOfKeys) return
    this.#causesOfKeys.add(cause)
    this.#options.onErrorOfKey?.(error)
  }

  #startProbes(): void {
    let isWaiting = false
    let silentSince: number | undefined
    this.#probe = setInterval(() => {
      const { client, reconnect } = this.#options
      this.#learnCause()
      const now = performance.now()
      // In state `connect` the connection is open and has not answered yet.
      const isSilent = (isWaiting && canSend(client)) || client.status === 'connect'
      silentSince = isSilent ? (silentSince ?? now) : undefined
      if (silentSince !== undefined && now - silentSince > maxSilence) {
        silentSince = undefined
        isWaiting = false
        reconnect?.()
        return
      }
      if (isWaiting || !canSend(client)) return
      isWaiting = true
      silentSince = now
      ping(client).then(
        () => this.#allowCalls(),
        // A user without the permission for PING gets an answer too.
        (error: Error) => (/NOPERM/.test(error.message) ? this.#allowCalls() : (isWaiting = false))
      )
    }, this.#interval)
    this.#probe.unref()
  }

  #allowCalls(): void {
    if (this.#probe === undefined) return
    this.close()
    this.#timeouts = 0
    this.#downError = undefined
    if (!this.#isRejecting) this.#reportUp()
  }

  #reportUp(): void {
    const isNews = this.#causes.size > 0
    this.#reported = undefined
    this.#vagueProbes = undefined
    this.#causes.clear()
    this.#interval = probeInterval
    this.#options.onChange(true, undefined, isNews)
  }
}

/** A client that is the app's may throw instead of rejecting. */
const ping = async (client: RedisClient): Promise<unknown> => client.ping()
