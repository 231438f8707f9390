/**
 * Keeps listeners that others add when the first signal arrives from a second one within `milliseconds`:
 * close-with-grace, which `fastify start` uses, exits at it. To be called while the first signal is handled.
 */
export function holdBackSecondListeners(name: NodeJS.Signals, milliseconds: number): void {
  const before = new Set(process.listeners(name))
  process.nextTick(() => {
    const added = process.listeners(name).filter((listener) => !before.has(listener))
    if (added.length === 0) return
    for (const listener of added) process.off(name, listener)
    setTimeout(() => {
      for (const listener of added) process.on(name, listener)
    }, milliseconds).unref()
  })
}
