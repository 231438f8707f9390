import { shortList } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { warnAboutMisspeltOptions } from './misspelt-options.ts'
import type { SecurityOptions } from './options.ts'

/** The features that are off without their option, and the plugins that read the routes' options of the same name. */
const readers = {
  concurrency: ['@seaworthy/security/concurrency-limit'],
  cors: ['@seaworthy/security/cors', '@fastify/cors']
} as const satisfies Partial<Record<keyof SecurityOptions, readonly string[]>>

interface Unread {
  readonly scope: FastifyInstance
  readonly url: string
}

/**
 * Warns about routes with options of a feature that is off because the plugin has no option for it: they would be
 * without it, silently. With `false` that is a decision.
 */
export function warnAboutUnconfiguredFeatures(fastify: FastifyInstance, options: SecurityOptions): void {
  for (const name of Object.keys(readers) as (keyof typeof readers)[]) {
    if (options[name] !== undefined) continue
    const found: Unread[] = []
    warnAboutMisspeltOptions(fastify, [name])
    fastify.addHook('onRoute', function (this: FastifyInstance, { url, config }) {
      if ((config as { [key in typeof name]?: unknown } | undefined)?.[name]) found.push({ scope: this, url })
    })
    fastify.addHook('onReady', (done) => {
      const isUnread = ({ scope }: Unread): boolean =>
        !readers[name].some((plugin) => scope.hasPlugin(plugin))
      const urls = new Set(found.filter(isUnread).map(({ url }) => url))
      if (urls.size > 0) {
        fastify.log.warn(
          { urls: [...urls] },
          `security: routes have "config.${name}" and the option "${name}" is not set (${shortList([...urls])}); nothing reads theirs; set the option, to false if another plugin reads them`
        )
      }
      done()
    })
  }
}
