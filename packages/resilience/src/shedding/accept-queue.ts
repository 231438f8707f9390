import { closeSync, openSync, readSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'

const LISTENING = '0A'

/**
 * How long new connections wait until the event loop accepts them. Node accepts one in each turn of the loop, so under
 * load they wait in the kernel, where no delay of the loop shows it. Linux tells how many there are; elsewhere the wait is
 * always 0.
 */
export class AcceptQueue {
  #server: Server | undefined
  #accepted = 0
  readonly #count = (): void => {
    this.#accepted++
  }

  start(server: Server): void {
    this.#server = server
    server.on('connection', this.#count)
  }

  stop(): void {
    this.#server?.off('connection', this.#count)
    this.#server = undefined
  }

  /**
   * Starts a new interval.
   *
   * @returns How many connections were accepted in the one that ends.
   */
  next(): number {
    const accepted = this.#accepted
    this.#accepted = 0
    return accepted
  }

  /**
   * The time in which what waits now is accepted, in milliseconds.
   *
   * @param accepted - How many connections were accepted lately, at least 1.
   * @param elapsed - In how many milliseconds.
   */
  wait(accepted: number, elapsed: number): number {
    const address = this.#server?.address()
    if (address === null || typeof address !== 'object') return 0
    return (waitingConnections(address) / accepted) * elapsed
  }
}

/** Connections that the kernel has made and the process has not accepted. 0 where the system has no such table. */
export function waitingConnections({ family, port }: AddressInfo): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let waiting = 0
  for (const [local = '', state, queues = ''] of rows(
    family === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp'
  )) {
    // Listening sockets come first: the rest of a long table is not read.
    if (state !== LISTENING) break
    if (local.endsWith(suffix)) waiting = Math.max(waiting, Number.parseInt(queues.split(':')[1] ?? '0', 16))
  }
  return waiting
}

/** The rows of a table of sockets: local address, state, queues. Read piece by piece. */
function* rows(file: string): Generator<(string | undefined)[]> {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return
  }
  try {
    const buffer = Buffer.allocUnsafe(4096)
    let rest = ''
    let isHeading = true
    for (;;) {
      const bytes = readSync(descriptor, buffer)
      if (bytes === 0) return
      const lines = (rest + buffer.toString('latin1', 0, bytes)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [, local, , state, queues] = line.trim().split(/\s+/)
        if (!isHeading) yield [local, state, queues]
        isHeading = false
      }
    }
  } catch {
    // A table that cannot be read shows nothing.
  } finally {
    closeSync(descriptor)
  }
}
