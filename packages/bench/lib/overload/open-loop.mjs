// Requests that are sent when they are due, whether or not earlier ones have been answered: as users send them.
import { connect } from 'node:net'

/**
 * Connections that carry one request at a time; there are as many as are needed.
 *
 * @param {number} port
 * @param {number} deadline - Milliseconds after which the client gives up and closes the connection, as browsers,
 *   proxies and other services do.
 */
export function openLoop(port, deadline) {
  const idle = []
  const all = new Set()

  function open() {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    all.add(socket)
    socket.setEncoding('latin1').on('data', (text) => socket.answered?.(text))
    socket.on('error', () => undefined)
    socket.once('close', () => {
      all.delete(socket)
      socket.failed?.()
    })
    return socket
  }

  function usable() {
    while (idle.length > 0) {
      const socket = idle.pop()
      if (!socket.destroyed && !socket.readableEnded) return socket
    }
    return open()
  }

  return {
    /** Resolves with the status and the milliseconds since `due`; the status is 0 for a request without an answer in time. */
    ask(path, due) {
      const { promise, resolve } = Promise.withResolvers()
      const socket = usable()
      const end = (status) => {
        clearTimeout(timer)
        socket.answered = socket.failed = undefined
        if (status === 0) socket.destroy()
        else idle.push(socket)
        resolve({ status, milliseconds: performance.now() - due })
      }
      const timer = setTimeout(() => end(0), Math.max(0, due + deadline - performance.now()))
      // Answers are small: each comes in one piece.
      socket.answered = (text) => end(Number(text.slice(9, 12)))
      socket.failed = () => end(0)
      socket.write(`GET ${path} HTTP/1.1\r\nhost: bench.example.com\r\n\r\n`)
      return promise
    },
    close() {
      for (const socket of all) socket.destroy()
    }
  }
}

/**
 * Sends requests at a rate for a while, with gaps as independent users leave them, and gives their outcomes.
 *
 * @param {{ ask: (path: string, due: number) => Promise<object> }} clients
 * @param {{ rate: number, seconds: number, random: () => number, path: () => string }} load
 */
export async function sendAtRate({ ask }, { rate, seconds, random, path }) {
  const outcomes = []
  const start = performance.now()
  let due = start
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now()
      while (due <= now && due < start + seconds * 1000) {
        const requestPath = path()
        const second = (due - start) / 1000
        outcomes.push(ask(requestPath, due).then((outcome) => ({ ...outcome, path: requestPath, second })))
        due += (-Math.log(1 - random()) * 1000) / rate
      }
      if (due < start + seconds * 1000) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  return Promise.all(outcomes)
}
