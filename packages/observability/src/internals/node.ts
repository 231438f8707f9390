/** Headers of a response that a handler wrote by itself. Without them: the end of such a stream counts as an abort. */

interface SentHeaders {
  _header?: unknown
  stream?: { sentHeaders?: Record<string, unknown> }
}

/** The `content-type` that was sent with `writeHead()`, which `getHeader()` does not know. */
export function sentContentType(raw: object): string | undefined {
  const { _header: head, stream } = raw as SentHeaders
  const type = stream?.sentHeaders?.['content-type']
  if (typeof type === 'string') return type
  return typeof head === 'string' ? /\r\ncontent-type: *([^\r\n]*)/i.exec(head)?.[1] : undefined
}
