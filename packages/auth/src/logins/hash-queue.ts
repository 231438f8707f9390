import { unavailable } from '../core/errors.ts'

/** Hashes that may wait. With two at a time and a tenth of a second each the last one waits for some seconds. */
const maxWaiting = 100

/** The threads that hash passwords at a time: half of the pool, which verifies tokens too and reads files. */
const threads = (): number => Math.max(1, Math.floor(Number(process.env.UV_THREADPOOL_SIZE ?? 4) / 2) || 1)

/** Runs a few hashes at a time, so that guesses do not fill the thread pool. */
export class HashQueue {
  readonly #limit = threads()
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @throws AuthError `AUTH_LOGINS_BUSY` (503) if too many wait. */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++
    else {
      if (this.#waiting.length >= maxWaiting)
        throw unavailable('AUTH_LOGINS_BUSY', 'Too many logins at a time, try again later', 5)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await hash()
    } finally {
      // The next hash takes over the slot.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
