/** What Fastify or pino keeps under a symbol of its own, by its description; `undefined` where it doesn't. */
export function internal(owner: object, description: string): unknown {
  for (let scope: object | null = owner; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    const key = Object.getOwnPropertySymbols(scope).find((symbol) => symbol.description === description)
    if (key) return (scope as Record<symbol, unknown>)[key]
  }
  return undefined
}
