import { EventEmitter } from 'node:events'
import t from 'tap'
import { disconnect } from '../src/index.ts'

/** A client with ioredis' members. */
class Client extends EventEmitter {
  readonly status: string
  readonly options: object
  disconnected = 0

  constructor(status: string, options: object = { tls: {} }) {
    super()
    this.status = status
    this.options = options
  }

  disconnect() {
    this.disconnected++
  }
}

for (const event of ['connect', 'close']) {
  t.test(`a client amid its TLS handshake is disconnected after it: ${event}`, async (t) => {
    const client = new Client('connecting')
    disconnect(client)
    t.equal(client.disconnected, 0, 'its socket would have an error that no code listens to')
    client.emit(event)
    t.equal(client.disconnected, 1)
  })
}

for (const client of [new Client('ready'), new Client('reconnecting'), new Client('connecting', {})]) {
  t.test(
    `a client is disconnected at once: ${client.status}, ${JSON.stringify(client.options)}`,
    async (t) => {
      disconnect(client)
      t.equal(client.disconnected, 1)
    }
  )
}
