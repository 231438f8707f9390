/** Something to stop when nobody waits for it any more. A list of them is threaded through its members. */
export abstract class Abortable {
  list: InFlight | undefined = undefined
  previous: Abortable | undefined = undefined
  next: Abortable | undefined = undefined

  abstract abort(reason: Error): void

  /** It has ended. */
  land(): void {
    this.list?.delete(this)
  }
}

/** One that is nothing else. */
export class Stoppable extends Abortable {
  readonly #stop: (reason: Error) => void

  constructor(stop: (reason: Error) => void) {
    super()
    this.#stop = stop
  }

  override abort(reason: Error): void {
    this.#stop(reason)
  }
}

/** What is at work or waits. Each is in one list at most: its request's, or the app's. */
export class InFlight {
  #first: Abortable | undefined

  add(work: Abortable): void {
    work.list = this
    work.next = this.#first
    if (this.#first) this.#first.previous = work
    this.#first = work
  }

  delete(work: Abortable): void {
    const { previous, next } = work
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    work.list = work.previous = work.next = undefined
  }

  /** Takes one out. */
  take(): Abortable | undefined {
    const work = this.#first
    work?.land()
    return work
  }

  /** Stops all. What stopping one of them starts or ends may be in the list too. */
  abort(reason: Error): void {
    for (let work = this.take(); work; work = this.take()) work.abort(reason)
  }
}
