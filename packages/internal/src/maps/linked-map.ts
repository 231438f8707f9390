interface Node<V> {
  readonly key: string
  value: V
  older: Node<V> | undefined
  newer: Node<V> | undefined
}

/**
 * A map with access to its oldest entry. A Map's own order does not help where entries come and go: each iteration
 * walks over all deleted entries in front.
 */
export class LinkedMap<V> {
  readonly #nodes = new Map<string, Node<V>>()
  #oldest: Node<V> | undefined
  #newest: Node<V> | undefined

  get size(): number {
    return this.#nodes.size
  }

  /** The value of the oldest entry. */
  get oldest(): V | undefined {
    return this.#oldest?.value
  }

  get(key: string): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** Adds or replaces an entry. It becomes the newest. */
  set(key: string, value: V): void {
    const existing = this.#nodes.get(key)
    if (existing !== undefined) this.#unlink(existing)
    const node = existing ?? { key, value, older: undefined, newer: undefined }
    if (existing === undefined) this.#nodes.set(key, node)
    node.value = value
    node.older = this.#newest
    node.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = node
    this.#newest = node
    this.#oldest ??= node
  }

  delete(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#nodes.delete(key)
    this.#unlink(node)
    return true
  }

  deleteOldest(): void {
    if (this.#oldest !== undefined) this.delete(this.#oldest.key)
  }

  clear(): void {
    this.#nodes.clear()
    this.#oldest = this.#newest = undefined
  }

  /** All entries, oldest first. While it runs, only the entry that it has just yielded may be deleted. */
  *entries(): Generator<[key: string, value: V], undefined> {
    for (let node = this.#oldest; node !== undefined;) {
      const { newer } = node
      yield [node.key, node.value]
      node = newer
    }
  }

  #unlink(node: Node<V>): void {
    const { older, newer } = node
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
