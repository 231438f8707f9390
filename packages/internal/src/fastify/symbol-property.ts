/**
 * A property whose key is a symbol that its owner does not export, by the symbol's description: `fastify.options`. Child
 * instances inherit those of their parents. `undefined` if there is none.
 */
export function symbolProperty(owner: object, description: string): unknown {
  for (let scope: object | null = owner; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    const key = Object.getOwnPropertySymbols(scope).find((symbol) => symbol.description === description)
    if (key) return (scope as Record<symbol, unknown>)[key]
  }
  return undefined
}
