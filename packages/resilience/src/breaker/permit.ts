/** The state of a circuit that issued permits. It counts their outcomes while it is the current state. */
export interface PermitIssuer {
  /**
   * @param duration - Milliseconds.
   * @param now - The clock's time.
   */
  succeed(duration: number, now: number): void
  fail(error: unknown, duration: number, now: number): void
  /** The call ended without an outcome that counts. */
  release(): void
  /** A call that had succeeded has failed after all. */
  failLate(error: unknown, now: number): void
}

/** Admits one call. Only its first outcome counts. */
export class Permit {
  readonly #issuer: PermitIssuer
  /** Whether this call tests if the service has recovered. */
  readonly isProbe: boolean
  #isSettled = false

  constructor(issuer: PermitIssuer, isProbe: boolean) {
    this.#issuer = issuer
    this.isProbe = isProbe
  }

  /**
   * @param duration - Milliseconds.
   * @param now - The clock's time.
   */
  succeed(duration: number, now: number): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#issuer.succeed(duration, now)
  }

  fail(error: unknown, duration: number, now: number): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#issuer.fail(error, duration, now)
  }

  release(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#issuer.release()
  }

  failLate(error: unknown, now: number): void {
    this.#issuer.failLate(error, now)
  }
}

const uncounted: PermitIssuer = {
  succeed: () => undefined,
  fail: () => undefined,
  release: () => undefined,
  failLate: () => undefined
}

/** A permit whose outcome is not counted, for calls that pass although the circuit would reject them. */
export const uncountedPermit = (): Permit => new Permit(uncounted, false)
