import { sourceOf, type SecretSource } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

/** A secret in a file, and what takes over its new values. */
export interface WatchedSecret {
  source: SecretSource
  use?(value: string): void
}

const maxDepth = 8

/** The secrets in files among the options, those of `fromEnv` included. */
export function fileSecrets(options: object): WatchedSecret[] {
  const sources = new Set<SecretSource>()
  const seen = new Set<object>()
  const search = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > maxDepth || seen.has(value)) return
    seen.add(value)
    const source = sourceOf(value)
    if (source !== undefined) sources.add(source)
    const prototype: unknown = Object.getPrototypeOf(value)
    // Clients and other objects of the app are none of ours to look into.
    const isPlain = prototype === Object.prototype || prototype === null || Array.isArray(value)
    if (isPlain) for (const entry of Object.values(value)) search(entry, depth + 1)
  }
  search(options, 0)
  return Array.from(sources, (source) => ({ source }))
}

/** Reads the files of secrets again while the app runs: `reveal()` then has the new value. */
export function watchSecrets(fastify: FastifyInstance, secrets: readonly WatchedSecret[]): void {
  if (secrets.length === 0) return
  const { log } = fastify
  const stops: (() => void)[] = []
  fastify.addHook('onReady', (done) => {
    for (const { source, use } of secrets)
      stops.push(
        source.watch({
          log,
          ...(use && { use }),
          onChange: (path) =>
            log.info({ path }, 'seaworthy: a secret has changed in its file; the new value is in use'),
          onProblem: (path, reason) =>
            log.warn(
              { path, reason },
              `seaworthy: the new content of a secret's file cannot be used: ${reason}; the value from before stays in use; correct the file`
            )
        })
      )
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    for (const stop of stops.splice(0)) stop()
    done()
  })
}
