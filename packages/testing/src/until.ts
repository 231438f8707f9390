/** Resolves with the first truthy value of `read`, asked every 20 ms; rejects after `timeout` ms with `what`. */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  timeout = 120_000
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout
  for (;;) {
    const value = await read()
    if (value) return value
    if (performance.now() > end) throw new Error(`waited ${timeout} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
