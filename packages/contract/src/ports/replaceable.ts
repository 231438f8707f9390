import type { FastifyInstance } from 'fastify'
import { port, provide, provided } from './port.ts'

/** For each feature, the functions that turn it off. */
type Replaceable = Map<string, (() => void)[]>

const replaceablePort = port<Replaceable>('replaceable.v1')

/** Calls `turnOff` when the app registers its own plugin for the feature, `security.headers`, later. */
export function whenReplaced(fastify: FastifyInstance, feature: string, turnOff: () => void): void {
  provide(fastify, replaceablePort, new Map())
  const replaceable = provided(fastify, replaceablePort)!
  replaceable.set(feature, [...(replaceable.get(feature) ?? []), turnOff])
}

/** Turns a feature off. `false`: it is not there, or cannot be turned off. */
export function replaceFeature(fastify: FastifyInstance, feature: string): boolean {
  const replaceable = provided(fastify, replaceablePort)
  const functions = replaceable?.get(feature)
  if (functions === undefined) return false
  replaceable?.delete(feature)
  for (const turnOff of functions) turnOff()
  return true
}
