import { sharedInApp } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

/**
 * Adds the entry of one registration of a plugin to those of the others in the app, scopes included: of two
 * metrics with one name, only the first is collected.
 *
 * @returns All of them, also those that are added later.
 */
export function joinRegistrations<T>(fastify: FastifyInstance, name: string, entry: T): readonly T[] {
  const all = sharedInApp<T[]>(fastify, `security.${name}`, () => [])
  all.push(entry)
  return all
}

/** The number of this registration in the app, scopes included: 1 for the first. Each has limits and counts of its own. */
export const countRegistration = (fastify: FastifyInstance, name: string): number =>
  joinRegistrations(fastify, name, undefined).length
