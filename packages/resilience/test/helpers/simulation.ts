// A service whose upstream works on some calls at a time and lets the others wait, in simulated time.
import { AdaptiveLimit } from '../../src/strategies/adaptive-limit.ts'

export interface Load {
  /** Calls that the upstream works on at a time. */
  parallel: number
  /** Milliseconds that it works on one, after so many seconds. */
  duration: (random: number, second: number) => number
  /** Calls a second. */
  rate: number
  seconds: number
}

/** Repeatable numbers from 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Functions that run in the order of their times. */
class Agenda {
  now = 0
  readonly #entries: { at: number; fn: () => void }[] = []

  after(milliseconds: number, fn: () => void): void {
    const at = this.now + milliseconds
    let index = this.#entries.length
    while (index > 0 && this.#entries[index - 1]!.at < at) index--
    this.#entries.splice(index, 0, { at, fn })
  }

  run(until: number): void {
    for (let next = this.#entries.pop(); next && next.at < until; next = this.#entries.pop()) {
      this.now = next.at
      next.fn()
    }
  }
}

/** Sends calls at random times for a while; gives the durations of the admitted ones of the second half, and their share. */
export function simulate({ parallel, duration, rate, seconds }: Load) {
  const random = numbers(1)
  const limit = new AdaptiveLimit({ limit: 100, minLimit: 10, maxLimit: 1000 })
  const agenda = new Agenda()
  const queue: (() => void)[] = []
  const durations: number[] = []
  const isLate = () => agenda.now >= seconds * 500
  let active = 0
  let working = 0
  let sent = 0

  const work = (call: () => void): void => {
    working++
    agenda.after(duration(random(), agenda.now / 1000), () => {
      working--
      call()
      const next = queue.shift()
      if (next) work(next)
    })
  }
  const send = (): void => {
    agenda.after((-Math.log(1 - random()) * 1000) / rate, send)
    if (isLate()) sent++
    if (active >= limit.limit) return
    const sentAt = agenda.now
    active++
    const end = () => {
      limit.sample(agenda.now - sentAt, active, true)
      active--
      if (isLate()) durations.push(agenda.now - sentAt)
    }
    if (working < parallel) work(end)
    else queue.push(end)
  }
  agenda.after(0, send)
  agenda.run(seconds * 1000)
  durations.sort((a, b) => a - b)
  return {
    p99: durations[Math.floor(durations.length * 0.99)]!,
    perSecond: durations.length / (seconds / 2),
    rejected: 1 - durations.length / sent
  }
}
