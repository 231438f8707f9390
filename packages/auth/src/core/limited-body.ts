/** 256 KiB: metadata and introspection results are shorter. */
const usualMaxBytes = 256 * 1024
/** 4 MiB: the keys of a large issuer with their certificates, about two thousand. */
export const maxKeySetBytes = 4 * 1024 * 1024

/** Reads a response's body as text. Rejects with the code `BODY_TOO_LONG` if it is longer. */
export async function readLimitedText(response: Response, maxBytes = usualMaxBytes): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > maxBytes)
      throw Object.assign(new Error(`more than ${maxBytes} bytes`), { code: 'BODY_TOO_LONG' })
    chunks.push(chunk as Uint8Array)
  }
  // It leaves out a byte order mark, which JSON does not have.
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** Reads the body of a response with the status 200. Rejects for any other status. */
export async function readOkText(response: Response, maxBytes?: number): Promise<string> {
  if (response.status === 200) return readLimitedText(response, maxBytes)
  await response.body?.cancel()
  throw new Error(`status ${response.status}`)
}
