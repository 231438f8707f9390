import type { ServerResponse } from 'node:http'
import type { LiveStatus } from './types.ts'

/** Pages at a time; a further one polls. */
const maxPages = 8
const interval = 2000

type Scope = 'all' | number

/** Sends the live status to open pages. One timer and one reading serve all of them; without a page there is none. */
export class StatusEvents {
  readonly #read: (scope: Scope) => Promise<LiveStatus>
  readonly #pages = new Map<ServerResponse, Scope>()
  #timer: NodeJS.Timeout | undefined
  #isReading = false

  constructor(read: (scope: Scope) => Promise<LiveStatus>) {
    this.#read = read
  }

  get isFull(): boolean {
    return this.#pages.size >= maxPages
  }

  add(response: ServerResponse, scope: Scope, headers: Record<string, unknown>): void {
    response.writeHead(200, { ...(headers as Record<string, string>), 'content-type': 'text/event-stream' })
    response.write('retry: 3000\n\n')
    this.#pages.set(response, scope)
    response.once('close', () => {
      this.#pages.delete(response)
      if (this.#pages.size === 0) this.stop()
    })
    void this.#send()
    this.#timer ??= setInterval(() => void this.#send(), interval).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #send(): Promise<void> {
    // A worker that answers slowly delays the next event, and piles up none.
    if (this.#isReading) return
    this.#isReading = true
    try {
      for (const scope of new Set(this.#pages.values())) {
        // oxlint-disable-next-line no-await-in-loop -- a page each is rare, and one reading at a time costs least
        this.#broadcast(scope, await this.#read(scope))
      }
    } catch {
      // A worker that ends while it answers: the next event has the others.
    } finally {
      this.#isReading = false
    }
  }

  #broadcast(scope: Scope, status: LiveStatus): void {
    const text = `data: ${JSON.stringify(status)}\n\n`
    for (const [page, of] of this.#pages) {
      // A page that does not read gets the next event.
      if (of === scope && !page.writableNeedDrain && !page.destroyed) page.write(text)
    }
  }
}
