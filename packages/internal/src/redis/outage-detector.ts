import { canSend, type RedisClient } from './client.ts'
import { isErrorOfKey, isReplyError } from './server-errors.ts'

/** Timeouts in a row after which Redis counts as down: a single one may be a pause. */
const maxTimeouts = 3
/** Milliseconds between probes while Redis is down. */
const probeInterval = 250
/** Milliseconds between probes of a server that goes on refusing calls. */
const maxProbeInterval = 30_000
/** Errors of single keys in a row after which Redis counts as down. */
const maxErrorsOfKeys = 20
/** Causes of errors of keys that are reported. */
const maxCausesOfKeys = 20
/** Milliseconds without an answer after which the connection itself counts as dead: a firewall drops it silently. */
const maxSilence = 5000

/** The client that an {@link OutageDetector} watches, and its listeners. */
export interface OutageDetectorOptions {
  client: RedisClient
  /** Called when Redis stops answering, with the reason, and when it answers again. */
  onChange: (up: boolean, error?: Error) => void
  /** Called with the error of a key, once for each cause: the other keys are served. */
  onErrorOfKey?: ((error: Error) => void) | undefined
  /** Replaces a connection on which nothing comes back. Without it the connection is the app's to replace. */
  reconnect?: (() => void) | undefined
}

/**
 * Tells whether Redis answers. While it is down, it probes with PING until an answer comes. A server that refuses calls
 * (out of memory, read only, no permission) answers PING all the same: then only a call that works shows that it is up.
 */
export class OutageDetector {
  readonly #options: OutageDetectorOptions
  #downError: Error | undefined
  /** The cause that was reported last. `undefined` while Redis is up. */
  #reported: Error | undefined
  #refused = false
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
  answered(): void {
    this.#timeouts = 0
    this.#errorsOfKeys = 0
    if (this.#reported !== undefined && this.#downError === undefined) this.#reportUp()
  }

  /** A call of another kind worked on the same connection, so that the server can be reached. */
  reached(): void {
    if (this.#downError !== undefined && !this.#refused) this.#probed()
  }

  /** A call got no answer in time. */
  timedOut(error: Error): void {
    if (++this.#timeouts >= maxTimeouts) this.#down(error, false)
  }

  /** A call failed: the connection is not there, or Redis refused the command. */
  failed(error: Error): void {
    if (isErrorOfKey(error) && ++this.#errorsOfKeys < maxErrorsOfKeys) return this.#reportErrorOfKey(error)
    this.#down(error, isReplyError(error))
  }

  /** Ends the probes. */
  close(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  #down(error: Error, refused: boolean): void {
    if (this.#downError) return
    this.#downError = error
    this.#refused = refused
    // A server that still refuses is asked less often.
    this.#interval =
      this.#reported === undefined ? probeInterval : Math.min(this.#interval * 2, maxProbeInterval)
    if (this.#reported === undefined || causeOf(this.#reported) !== causeOf(error)) {
      this.#reported = error
      this.#options.onChange(false, error)
    }
    this.#startProbes()
  }

  #reportErrorOfKey(error: Error): void {
    const cause = causeOf(error)
    if (this.#causesOfKeys.has(cause) || this.#causesOfKeys.size >= maxCausesOfKeys) return
    this.#causesOfKeys.add(cause)
    this.#options.onErrorOfKey?.(error)
  }

  #startProbes(): void {
    let isWaiting = false
    let silentSince: number | undefined
    this.#probe = setInterval(() => {
      const { client, reconnect } = this.#options
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
        () => this.#probed(),
        // A user without the permission for PING gets an answer too.
        (error: Error) => (/NOPERM/.test(error.message) ? this.#probed() : (isWaiting = false))
      )
    }, this.#interval)
    this.#probe.unref()
  }

  #probed(): void {
    if (this.#probe === undefined) return
    this.close()
    this.#timeouts = 0
    this.#downError = undefined
    if (!this.#refused) this.#reportUp()
  }

  #reportUp(): void {
    this.#reported = undefined
    this.#interval = probeInterval
    this.#options.onChange(true)
  }
}

/** A client that is the app's may throw instead of rejecting. */
const ping = async (client: RedisClient): Promise<unknown> => client.ping()

/** The part of a message that two errors of one cause share: Redis' code, without names of scripts and keys. */
const causeOf = ({ message }: Error): string => /\b[A-Z]{4,}\b/.exec(message)?.[0] ?? message
