import { toCallerError } from '../call/outcome.ts'
import { callerAbortError } from './caller-abort.ts'
import { guardedStream } from './body-stream.ts'
import { type BodyGuard, MissingBody, PendingBody } from './pending-body.ts'

/** Read whole, within the time of the call. */
const documents = ['json', 'text', 'formData'] as const
/** May be long: read in parts, each of which has a time limit. */
const downloads = ['arrayBuffer', 'blob', 'bytes'] as const

/**
 * Guards the reading of a response's body, which may be slow or never end: it is aborted at the end of its time, when the
 * client disconnects, and when the app closes. A body that cannot be read, or is not valid JSON for `json()`, is a
 * failure of the upstream.
 */
export function guardBody(response: Response, guard: BodyGuard): Response {
  // Not a read of the property `body`: it is replaced below.
  const source = bodyReader(response)
  const define = (name: string, descriptor: PropertyDescriptor): void => {
    Object.defineProperty(response, name, { ...descriptor, configurable: true })
  }
  const pending = source() ? new PendingBody(guard, response.ok) : new MissingBody(guard, response.ok)
  for (const name of documents) {
    const read = response[name] as (() => Promise<unknown>) | undefined
    if (!read) continue
    // Reading a body twice is a bug in the app: fetch's own error goes to it.
    const guarded = (): Promise<unknown> =>
      response.bodyUsed ? read.call(response) : readWhole(() => read.call(response), pending, guard)
    define(name, { value: guarded })
  }
  if (pending instanceof MissingBody) return response
  pending.watchReader(response)

  let stream: ReadableStream<Uint8Array> | undefined
  define('body', { get: () => (stream ??= guardedStream(source, pending)) })
  for (const name of downloads) {
    const read = response[name] as (() => Promise<unknown>) | undefined
    if (!read) continue
    const guarded = async (): Promise<unknown> =>
      response.bodyUsed
        ? read.call(response)
        : new Response(response.body, { headers: response.headers })[name]()
    define(name, { value: guarded })
  }
  const { clone } = response
  define('clone', { value: () => guardBody(clone.call(response), guard) })
  return response
}

async function readWhole(
  read: () => Promise<unknown>,
  pending: PendingBody | MissingBody,
  { callerSignal, context }: BodyGuard
): Promise<unknown> {
  try {
    const value = await pending.race(read())
    pending.end()
    return value
  } catch (error) {
    if (callerSignal?.aborted) {
      pending.abandon()
      throw callerAbortError(callerSignal, context.request)
    }
    pending.fail(error)
    throw toCallerError(error)
  }
}

/** Returns a function that returns the response's body, which changes when it is cloned. */
function bodyReader(response: Response): () => ReadableStream<Uint8Array> | null | undefined {
  const property = Object.getOwnPropertyDescriptor(response, 'body')
  if (property && 'value' in property) return () => property.value as ReadableStream<Uint8Array> | null
  const prototype = Object.getPrototypeOf(response) as object
  return () => Reflect.get(prototype, 'body', response) as ReadableStream<Uint8Array> | null
}
