import type { Switch } from './types.ts'

/** Rejects all calls of a breaker while at least one isolation is held. */
export class Isolation {
  readonly #onChange: (isolated: boolean) => void
  #count = 0

  /** @param onChange - Called when the first isolation begins and when the last one ends. */
  constructor(onChange: (isolated: boolean) => void) {
    this.#onChange = onChange
  }

  get isActive(): boolean {
    return this.#count > 0
  }

  isolate(): Switch {
    if (this.#count++ === 0) this.#onChange(true)
    return createSwitch(() => {
      if (this.#count > 0 && --this.#count === 0) this.#onChange(false)
    })
  }

  releaseAll(): void {
    if (this.#count === 0) return
    this.#count = 0
    this.#onChange(false)
  }
}

/** A switch of which only the first release has an effect. */
export function createSwitch(onRelease: () => void): Switch {
  let isReleased = false
  const release = (): void => {
    if (isReleased) return
    isReleased = true
    onRelease()
  }
  return { release, [Symbol.dispose]: release }
}
