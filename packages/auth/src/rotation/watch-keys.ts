import { sourceOf, type SecretSource } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import type { AuthOptions } from '../options.ts'
import type { NewKeys } from './rotate-keys.ts'

/** The keys of the options that are in files, with the member of {@link NewKeys} that replaces each. */
function keyFiles({ jwt, session }: AuthOptions): { source: SecretSource; member: keyof NewKeys }[] {
  const places: [keyof NewKeys, unknown][] = [
    ...(jwt ? [jwt.secret, jwt.key].map((value): [keyof NewKeys, unknown] => ['jwt', value]) : []),
    ...(session
      ? [session.key, session.secret].map((value): [keyof NewKeys, unknown] => ['session', value])
      : [])
  ]
  return places.flatMap(([member, value]) => {
    // Of a list, the first one signs.
    const source = sourceOf(Array.isArray(value) ? value[0] : value)
    return source === undefined ? [] : [{ source, member }]
  })
}

/** Takes over new keys from the files of the options, until the app closes. */
export function watchKeyFiles(
  fastify: FastifyInstance,
  options: AuthOptions,
  rotate: (keys: NewKeys) => Promise<void>
): void {
  const files = keyFiles(options)
  if (files.length === 0) return
  const { log } = fastify
  const stops: (() => void)[] = []
  fastify.addHook('onReady', (done) => {
    for (const { source, member } of files)
      stops.push(
        source.watch({
          log,
          use: async (value) => rotate({ [member]: value }),
          // `rotate` has recorded it.
          onChange: () => undefined,
          onProblem: (path, reason) =>
            log.warn(
              { path, reason },
              `auth: the new key in a file cannot be used: ${reason}; the keys from before stay in use; correct the file`
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
