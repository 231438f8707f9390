/** A body that is still waited for. */
interface DroppableBody {
  /** Nothing can read it any more. */
  drop(): void
}

/**
 * Ends the wait for bodies whose response, or whose stream, the app has dropped: it needed only the status, or a part. A
 * body must not refer to its response or stream, or they would never be collected.
 */
export class DroppedBodies {
  readonly #registry = new FinalizationRegistry<DroppableBody>((body) => body.drop())

  /** @param reader - The object by which the app can read the body: it replaces an earlier one. */
  watch(reader: object, body: DroppableBody): void {
    this.#registry.unregister(body)
    this.#registry.register(reader, body, body)
  }

  unwatch(body: DroppableBody): void {
    this.#registry.unregister(body)
  }
}
