import { Readable } from 'node:stream'

/** Releases the connection of a response that has no reader. Its body is a stream of the web, or one of Node. */
export function discard(value: unknown): void {
  try {
    const { body } = (value ?? {}) as { body?: unknown }
    if (body instanceof ReadableStream) body.cancel().catch(() => undefined)
    else if (body instanceof Readable) body.on('error', () => undefined).destroy()
  } catch {
    // A getter of the result has thrown.
  }
}
