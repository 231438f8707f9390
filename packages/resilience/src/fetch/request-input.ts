/** Whether the first argument of a call is a request, as libraries above fetch pass it: also of another copy of undici. */
export const isRequest = (target: unknown): target is Request => {
  const { url, headers, arrayBuffer } = (target ?? {}) as Partial<Request>
  return typeof url === 'string' && typeof headers === 'object' && typeof arrayBuffer === 'function'
}

/**
 * The address and the options of a request, below those of the call. Its body is read, so that it can be sent again and
 * has a length.
 */
export async function readRequest(request: Request, options: RequestInit): Promise<[string, RequestInit]> {
  const { url, method, headers, redirect, integrity, keepalive, signal } = request
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const hasBody = !('body' in set) && request.body !== null && request.body !== undefined
  return [
    url,
    {
      method,
      headers: [...headers],
      redirect,
      integrity,
      keepalive,
      signal,
      // A body that was read before is an error of the app, which this reports as fetch does.
      ...(hasBody && { body: await request.arrayBuffer() }),
      ...set
    }
  ]
}
