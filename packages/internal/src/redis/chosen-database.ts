/** The members of an ioredis client of ours. */
interface OwnClient {
  on(event: 'error', listener: (error: Error & { command?: { name?: string } }) => void): unknown
  disconnect(reconnect?: boolean): void
}

/**
 * Keeps a client of ioredis out of database 0, where it goes on if the chosen one does not exist: the keys there are
 * another service's. The client connects again and again instead, which counts as an outage.
 */
export function insistOnDatabase(client: OwnClient): void {
  client.on('error', ({ command }) => {
    if (command?.name === 'select') client.disconnect(true)
  })
}
