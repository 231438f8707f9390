import type { FastifyBaseLogger, FastifyInstance } from 'fastify'

interface Hooks {
  add(): void
}

/**
 * Cuts an encapsulated scope off from the app's hooks: those that exist, and those that are added later, whatever
 * the order. A probe must not fail because an authentication hook, a limiter or a load shedder says no.
 *
 * Fastify has no public way to do so: a route's hooks come after the instance's. Its hooks are an own property of
 * each scope, so an empty set that takes none stands in. A test guards this; where it isn't found, the routes work
 * with the app's hooks, and `false` comes back.
 */
export function isolate(scope: FastifyInstance): boolean {
  const key = Object.getOwnPropertySymbols(scope).find(({ description }) => description === 'fastify.hooks')
  const holder = scope as unknown as Record<symbol, Hooks>
  const current = key && holder[key]
  if (
    !key ||
    typeof current?.add !== 'function' ||
    !Array.isArray((current as { onRequest?: unknown }).onRequest)
  ) {
    return false
  }
  const none = Object.create(Object.getPrototypeOf(current) as object) as Hooks & Record<string, unknown>
  for (const name of Object.keys(current)) none[name] = []
  none.add = () => undefined
  holder[key] = none
  return true
}

const nothing = (): void => undefined

/** A logger for requests that no log needs. */
export const silence = {
  level: 'silent',
  fatal: nothing,
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  silent: nothing,
  child: () => silence
} as unknown as FastifyBaseLogger
