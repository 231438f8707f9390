import type { FastifyInstance } from 'fastify'

/** What Fastify keeps under a symbol of its own, by the symbol's description; `undefined` where it doesn't. */
export function internal(fastify: FastifyInstance, description: string): unknown {
  for (let scope: object | null = fastify; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    const key = Object.getOwnPropertySymbols(scope).find((symbol) => symbol.description === description)
    if (key) return (scope as Record<symbol, unknown>)[key]
  }
  return undefined
}
