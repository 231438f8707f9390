import { sourceOf, type SecretSource } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import type { AuthOptions } from '../options.ts'
import type { AcceptKeys, NewKeys } from './rotate-keys.ts'

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

/**
 * Milliseconds between the time at which a new key verifies and that at which it signs. Other workers of the machine read
 * the file within them, so that none rejects what another has signed.
 */
const signDelay = 2000

/** Takes over new keys from the files of the options, until the app closes. */
export function watchKeyFiles(fastify: FastifyInstance, options: AuthOptions, accept: AcceptKeys): void {
  const files = keyFiles(options)
  if (files.length === 0) return
  const { log } = fastify
  const stops: (() => void)[] = []
  const pending = new Map<keyof NewKeys, { promote: () => void; timer: NodeJS.Timeout }>()
  /** Lets a key sign that has been accepted. */
  const promote = (member: keyof NewKeys): void => {
    const next = pending.get(member)
    pending.delete(member)
    clearTimeout(next?.timer)
    next?.promote()
  }
  const acceptThenPromote = async (member: keyof NewKeys, value: string): Promise<void> => {
    promote(member)
    const next = await accept({ [member]: value })
    if (closed) return
    const timer = setTimeout(() => promote(member), signDelay).unref()
    pending.set(member, { promote: next, timer })
  }
  let closed = false
  fastify.addHook('onReady', (done) => {
    for (const { source, member } of files)
      stops.push(
        source.watch({
          log,
          use: async (value) => acceptThenPromote(member, value),
          // The audit records it.
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
    closed = true
    for (const stop of stops.splice(0)) stop()
    for (const { timer } of pending.values()) clearTimeout(timer)
    done()
  })
}
