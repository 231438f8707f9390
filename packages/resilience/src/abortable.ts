/** Work that can be aborted while it is pending. It is a node of its list, so that adding it allocates nothing. */
export abstract class Abortable {
  list: AbortableList | undefined = undefined
  previous: Abortable | undefined = undefined
  next: Abortable | undefined = undefined

  abstract abort(reason: Error): void

  /** Leaves the list. Call it when the work has settled. */
  unlink(): void {
    this.list?.delete(this)
  }
}

/** The pending work of a request or of the app. An {@link Abortable} is in one list at most. */
export class AbortableList {
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

  /** Moves all work to another list. */
  moveTo(other: AbortableList): void {
    for (let work = this.#takeFirst(); work; work = this.#takeFirst()) other.add(work)
  }

  /** Aborts all work. Aborting one may add or settle another: the list is read anew each time. */
  abortAll(reason: Error): void {
    for (let work = this.#takeFirst(); work; work = this.#takeFirst()) work.abort(reason)
  }

  #takeFirst(): Abortable | undefined {
    const work = this.#first
    work?.unlink()
    return work
  }
}
