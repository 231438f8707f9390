import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { groupFolder } from './group-folder.ts'

/** The response of another worker. `undefined` as `value`: it has not answered in time. */
export interface WorkerAnswer<T> {
  pid: number
  value: T | undefined
}

interface AskOptions {
  /** The only worker to ask. */
  pid?: number
  /** Milliseconds. */
  timeout?: number
}

const pidOf = (name: string): number => Number(name.split('-')[0])

/** Milliseconds that another worker may take to answer. */
const answerTimeout = 3000
/** Characters: a profile of a minute has some megabytes. */
const maxMessage = 32 * 1024 * 1024

/**
 * Messages between the workers of one service: each has a socket in a folder that only their user can open. Every
 * message is one line of JSON, and so is its answer.
 */
export class WorkerRelay {
  readonly #folder: string
  readonly #name = `${process.pid}-${randomBytes(4).toString('hex')}`
  readonly #answer: (message: unknown) => Promise<unknown>
  #server: Server | undefined

  /** @throws Error where the system has no folder that the workers can share. */
  constructor(group: string, answer: (message: unknown) => Promise<unknown>) {
    this.#folder = groupFolder(group)
    this.#answer = answer
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      readLine(socket, (line) => {
        this.#answer(JSON.parse(line)).then(
          (answer) => socket.end(`${JSON.stringify(answer ?? null)}\n`),
          () => socket.destroy()
        )
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ path: this.#socketOf(this.#name), exclusive: true }, resolve)
    })
    this.#server = server.unref()
  }

  /** Sends a message to all other workers, or to one. One that has ended is no worker any more. */
  async ask<T>(
    message: unknown,
    { pid, timeout = answerTimeout }: AskOptions = {}
  ): Promise<WorkerAnswer<T>[]> {
    const files = await readdir(this.#folder)
    const names = files.flatMap((file) => /^(\d+-[0-9a-f]+)\.c$/.exec(file)?.[1] ?? [])
    const isAddressed = (of: number) => of !== process.pid && (pid === undefined || of === pid)
    const others = names.filter((name) => isAddressed(pidOf(name)))
    const line = `${JSON.stringify(message)}\n`
    const answers = await Promise.all(others.map(async (name) => this.#askOne<T>(name, line, timeout)))
    return answers.filter((answer) => answer !== undefined)
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  #askOne<T>(name: string, line: string, timeout: number): Promise<WorkerAnswer<T> | undefined> {
    const path = this.#socketOf(name)
    const pid = pidOf(name)
    const { promise, resolve } = Promise.withResolvers<WorkerAnswer<T> | undefined>()
    const socket = connect(path)
    const timer = setTimeout(() => {
      resolve({ pid, value: undefined })
      socket.destroy()
    }, timeout)
    let isConnected = false
    socket.once('connect', () => {
      isConnected = true
      socket.write(line)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(isConnected ? { pid, value: undefined } : undefined)
      // The socket of a worker that was killed.
      if (!isConnected) void rm(path, { force: true })
    })
    readLine(socket, (answer) => {
      resolve({ pid, value: JSON.parse(answer) as T })
      socket.destroy()
    })
    return promise
  }

  #socketOf(name: string): string {
    const path = join(this.#folder, `${name}.c`)
    return process.platform === 'win32' ? join('\\\\?\\pipe', path) : path
  }
}

/** Calls `onLine` with the first line. A message that is too long ends the connection. */
function readLine(socket: Socket, onLine: (line: string) => void): void {
  const parts: string[] = []
  let length = 0
  socket.setEncoding('utf8')
  socket.on('data', (part: string) => {
    const end = part.indexOf('\n')
    parts.push(end < 0 ? part : part.slice(0, end))
    length += part.length
    if (length > maxMessage) socket.destroy()
    else if (end >= 0) onLine(parts.join(''))
  })
}
