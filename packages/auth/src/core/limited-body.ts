const maxBytes = 256 * 1024

/** Reads a response's body as text. Rejects after 256 KiB: metadata, keys and introspection results are shorter. */
export async function readLimitedText(response: Response): Promise<string> {
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
export async function readOkText(response: Response): Promise<string> {
  if (response.status === 200) return readLimitedText(response)
  await response.body?.cancel()
  throw new Error(`status ${response.status}`)
}
