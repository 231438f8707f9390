import { closeSync, openSync, readSync } from 'node:fs'
import type { AddressInfo } from 'node:net'

const LISTENING = '0A'

/** Connections that the kernel has made and the process has not accepted. Linux tells; elsewhere it is always 0. */
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
