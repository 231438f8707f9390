interface Node<V> {
  readonly key: string
  value: V
  older: Node<V> | undefined
  newer: Node<V> | undefined
}

/**
 * A map that knows its oldest entry. A Map's own order is no help where entries come and go: it walks over all that was
 * deleted in front, each time.
 */
export class LinkedMap<V> {
  readonly #nodes = new Map<string, Node<V>>()
  #oldest: Node<V> | undefined
  #newest: Node<V> | undefined

  get size(): number {
    return this.#nodes.size
  }

  /** What the oldest entry has. */
  get oldest(): V | undefined {
    return this.#oldest?.value
  }

  get(key: string): V | undefined {
    return this.#nodes.get(key)?.value
  }

  /** The entry is the newest from here on. */
  set(key: string, value: V): void {
    const known = this.#nodes.get(key)
    if (known !== undefined) this.#unlink(known)
    const node = known ?? { key, value, older: undefined, newer: undefined }
    if (known === undefined) this.#nodes.set(key, node)
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

  /** The oldest first. What is deleted meanwhile must be no other than the one that was just given. */
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
