/** The state of a circuit that issued permits. It counts their outcomes while it is the current state. */
export interface PermitIssuer {
  /**
   * @param duration - Milliseconds.
   * @param now - The clock's time.
   * @param isFinal - `false` while the body of the response may still fail.
   */
  succeed(permit: Permit, duration: number, now: number, isFinal: boolean): void
  /** A success that was not final has become final. */
  confirm(): void
  fail(error: unknown, duration: number, now: number): void
  /** A call that had succeeded, but not finally, has failed after all. */
  failLate(permit: Permit, error: unknown, now: number): void
  /** The call ended without an outcome that counts. */
  release(isProvisional: boolean): void
  /** Whether the call may go on without its caller, so that its success still counts. */
  detach(): boolean
  succeedDetached(): void
  releaseDetached(): void
}

const PENDING = 0
const PROVISIONAL = 1
const DETACHED = 2
const SETTLED = 3

/** Admits one call. Only its first final outcome counts. */
export class Permit {
  readonly #issuer: PermitIssuer
  /** Whether this call tests if the service has recovered. */
  readonly isProbe: boolean
  /** Of the closed state: what a failure of the body undoes. */
  failuresBefore = 0
  successesBefore = 0
  #state = PENDING

  constructor(issuer: PermitIssuer, isProbe: boolean) {
    this.#issuer = issuer
    this.isProbe = isProbe
  }

  /** Whether its outcome is final. */
  get isSettled(): boolean {
    return this.#state === SETTLED
  }

  /**
   * @param duration - Milliseconds.
   * @param now - The clock's time.
   * @param isFinal - `false` while the body of the response may still fail.
   */
  succeed(duration: number, now: number, isFinal = true): void {
    const state = this.#state
    if (state === DETACHED) {
      this.#state = SETTLED
      this.#issuer.succeedDetached()
    } else if (state === PENDING) {
      this.#state = isFinal ? SETTLED : PROVISIONAL
      this.#issuer.succeed(this, duration, now, isFinal)
    }
  }

  /** The body of the response is complete. */
  confirm(): void {
    if (this.#state !== PROVISIONAL) return
    this.#state = SETTLED
    this.#issuer.confirm()
  }

  fail(error: unknown, duration: number, now: number): void {
    const state = this.#state
    if (state === DETACHED) return this.release()
    if (state !== PENDING) return
    this.#state = SETTLED
    this.#issuer.fail(error, duration, now)
  }

  /** The body of the response has failed. */
  failLate(error: unknown, now: number): void {
    if (this.#state !== PROVISIONAL) return
    this.#state = SETTLED
    this.#issuer.failLate(this, error, now)
  }

  release(): void {
    const state = this.#state
    if (state === SETTLED) return
    this.#state = SETTLED
    if (state === DETACHED) this.#issuer.releaseDetached()
    else this.#issuer.release(state === PROVISIONAL)
  }

  /** The caller has left. Returns whether the call may go on: then only its success counts. */
  detach(): boolean {
    if (this.#state !== PENDING || !this.#issuer.detach()) return false
    this.#state = DETACHED
    return true
  }
}

const uncounted: PermitIssuer = {
  succeed: () => undefined,
  confirm: () => undefined,
  fail: () => undefined,
  failLate: () => undefined,
  release: () => undefined,
  detach: () => false,
  succeedDetached: () => undefined,
  releaseDetached: () => undefined
}

/** A permit whose outcome is not counted, for calls that pass although the circuit would reject them. */
export const uncountedPermit = (): Permit => new Permit(uncounted, false)
