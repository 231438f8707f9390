import type { FastifyInstance } from 'fastify'
import { port, provide, provided } from './port.ts'

/** For each feature, what steps aside. */
type Replaceable = Map<string, (() => void)[]>

const replaceablePort = port<Replaceable>('replaceable.v1')

/** Calls `stepAside` when the app registers a plugin of its own for the feature, `security.headers`, later. */
export function whenReplaced(fastify: FastifyInstance, feature: string, stepAside: () => void): void {
  provide(fastify, replaceablePort, new Map())
  const replaceable = provided(fastify, replaceablePort)!
  replaceable.set(feature, [...(replaceable.get(feature) ?? []), stepAside])
}

/** Makes a feature step aside. `false`: nothing can. */
export function replaceFeature(fastify: FastifyInstance, feature: string): boolean {
  const replaceable = provided(fastify, replaceablePort)
  const functions = replaceable?.get(feature)
  if (functions === undefined) return false
  replaceable?.delete(feature)
  for (const stepAside of functions) stepAside()
  return true
}
