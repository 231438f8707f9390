/** The members of ioredis' clients that are used. */
interface Connection {
  readonly status?: string | undefined
  readonly options?: object | undefined
  once?: ((event: 'connect' | 'close', listener: () => void) => unknown) | undefined
  disconnect?: ((reconnect?: boolean) => void) | undefined
}

/**
 * Disconnects a client of ioredis, amid a TLS handshake once that is over. Ended before, a socket that does not trust the
 * server's certificate has two errors, of which ioredis listens to one: the other one would end the process.
 */
export function disconnect(client: Connection): void {
  const { tls } = (client.options ?? {}) as { tls?: unknown }
  const isInHandshake = client.status === 'connecting' && Boolean(tls)
  if (!isInHandshake || client.once === undefined) {
    client.disconnect?.()
    return
  }
  const end = () => client.disconnect?.()
  client.once('connect', end)
  client.once('close', end)
}
