import type { FastifyInstance } from 'fastify'
import { errorSchema, problemSchema } from './schemas.ts'

/**
 * Adds the error schemas to the scopes whose routes refer to other schemas. A schema that is there is checked again for the
 * validator and the serializer of each route, also of those that do not use it.
 *
 * @param atOnce - For routes that have been added already.
 */
export function offerSchemas(fastify: FastifyInstance, atOnce: boolean): void {
  if (atOnce) return addSchemas(fastify)
  fastify.addHook('onRoute', function (route) {
    if (refersToOthers(route.schema)) addSchemas(this)
  })
}

function addSchemas(fastify: FastifyInstance): void {
  for (const schema of [errorSchema, problemSchema]) {
    if (fastify.getSchema(schema.$id) === undefined) fastify.addSchema(schema)
  }
}

/** Whether a schema may contain a reference to another one. Only plain data shows what it refers to. */
function refersToOthers(value: unknown, seen = new Set<object>()): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null || seen.has(value)) return false
  seen.add(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return true
  return Object.entries(value).some(([key, member]: [string, unknown]) =>
    key === '$ref' && typeof member === 'string' ? !member.startsWith('#') : refersToOthers(member, seen)
  )
}
