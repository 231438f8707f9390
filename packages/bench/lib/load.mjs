// A load of an exact number of requests, so that a count divided by it means something.
import { connect } from 'node:net'
import { tokens } from './tokens.mjs'

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

/** The request that every variant gets. Unused headers cost each variant the same. */
export function requestText({
  path = '/users/42',
  method = 'GET',
  token = 'HS256',
  bearer = tokens()[token],
  headers = {}
} = {}) {
  const lines = {
    host: 'bench.example.com',
    'user-agent': 'bench',
    accept: 'application/json',
    origin: 'https://app.example.com',
    authorization: `Bearer ${bearer}`,
    ...headers
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${text.join('')}\r\n`, 'latin1')
}

/** Length of the first answer in `buffer`, or -1 while it is incomplete. */
function answerLength(buffer) {
  const head = buffer.indexOf(headEnd)
  if (head < 0) return -1
  const text = buffer.latin1Slice(0, head).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(text)
  if (length) {
    const total = head + 4 + Number(length[1])
    return buffer.length >= total ? total : -1
  }
  const end = buffer.indexOf(lastChunk, head + 4)
  return end < 0 ? -1 : end + lastChunk.length
}

/**
 * Keep-alive connections that stay open over several `send`s, each with one request at a time.
 *
 * @param {number} port
 * @param {{ connections?: number, status?: number, next: (sent: number) => Buffer }} options - `next` gives each
 *   request's bytes; any other answer than `status` is an error.
 */
export async function openLoad(port, { connections = 8, status = 200, next }) {
  const expected = Buffer.from(`HTTP/1.1 ${status}`)
  let left = 0
  let open = 0
  let sent = 0
  let finished
  let failed
  const settle = () => {
    if (left === 0 && open === 0) finished?.()
  }
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      let pending = Buffer.alloc(0)
      socket.request = () => {
        if (left === 0) return settle()
        left--
        open++
        socket.write(next(sent++))
      }
      socket.on('data', (data) => {
        pending = pending.length === 0 ? data : Buffer.concat([pending, data])
        const length = answerLength(pending)
        if (length < 0) return
        if (pending.compare(expected, 0, expected.length, 0, expected.length) !== 0) {
          failed?.(new Error(`expected ${status}, got:\n${pending.toString('latin1', 0, 600)}`))
          return
        }
        pending = pending.subarray(length)
        open--
        socket.request()
      })
      const onDisconnect = (error) => failed?.(error ?? new Error('the server closed a connection'))
      socket.on('error', onDisconnect).on('close', () => onDisconnect())
      return socket
    })
  )
  return {
    /** Resolves when exactly `count` requests are answered. */
    send(count) {
      return new Promise((resolve, reject) => {
        finished = resolve
        failed = reject
        left = count
        for (const socket of sockets) socket.request()
      })
    },
    close() {
      failed = undefined
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** The load of a variant: its own path, token and status where it has them. */
export const loadOf = (variant, port, options = {}) => {
  const bytes = requestText(variant.request)
  return openLoad(port, { status: variant.request?.status, next: () => bytes, ...options })
}
