import type { AddressInfo, Server, Socket } from 'node:net'
import { waitingConnections } from './waiting-connections.ts'

/** That so many connections had come by then, of which some still waited. */
interface Sample {
  connections: number
  at: number
}

/**
 * How long new connections wait until the event loop accepts them. Node accepts one in each turn of the loop, so under
 * load they wait in the kernel, where no delay of the loop shows it.
 */
export class AcceptQueue {
  /** Whether the waits of connections are kept: only while each first request is asked for its wait. */
  keepsWaits = false
  readonly #count: (address: AddressInfo) => number
  #server: Server | undefined
  #accepted = 0
  #before = 0
  #samples: Sample[] = []
  readonly #waits = new WeakMap<Socket, number>()
  readonly #accept = (socket: Socket): void => {
    this.#accepted++
    while (this.#samples[0] && this.#samples[0].connections < this.#accepted) this.#samples.shift()
    const waitedAt = this.#samples[0]?.at
    if (this.keepsWaits && waitedAt !== undefined) this.#waits.set(socket, performance.now() - waitedAt)
  }

  /** @param count - Counts the connections that wait at an address. */
  constructor(count: (address: AddressInfo) => number = waitingConnections) {
    this.#count = count
  }

  start(server: Server): void {
    this.#server = server
    server.on('connection', this.#accept)
  }

  stop(): void {
    this.#server?.off('connection', this.#accept)
    this.#server = undefined
    this.#samples = []
  }

  /**
   * Ends an interval.
   *
   * @param isBusy - Whether connections may wait: those of an idle loop are accepted at once.
   * @param elapsed - How many milliseconds it has taken.
   * @returns The time in which what waits now is accepted, in milliseconds.
   */
  read(isBusy: boolean, elapsed: number): number {
    const accepted = this.#accepted - this.#before
    this.#before = this.#accepted
    // Each turn accepts a connection where one waits.
    const waiting = isBusy && accepted > 0 ? this.#waiting() : 0
    if (waiting === 0) {
      this.#samples = []
      return 0
    }
    this.#samples.push({ connections: this.#accepted + waiting, at: performance.now() })
    return (waiting / accepted) * elapsed
  }

  #waiting(): number {
    const address = this.#server?.address()
    return address !== null && typeof address === 'object' ? this.#count(address) : 0
  }

  /**
   * How long a connection has waited at least until it was accepted, in milliseconds: for its first request, since the
   * others have not waited with it.
   */
  takeWait(socket: Socket): number {
    const wait = this.#waits.get(socket)
    if (wait === undefined) return 0
    this.#waits.delete(socket)
    return wait
  }
}
