// Guarded calls in a process of their own, without HTTP: a function that succeeds, behind each library's breaker.
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'

const work = async (id) => id

/** A variant whose question `run` makes that many calls, one after the other. */
export const calling = (call) => ({
  port: 0,
  async run(count) {
    for (let id = 0; id < count; id++) {
      if ((await call(id)) !== id) throw new Error('a guarded call must give its result')
    }
  }
})

export const unguarded = async () => calling(work)

/** As the recipe sets it up. */
export async function opossum() {
  const breaker = new CircuitBreaker(work, {
    timeout: 3000,
    errorThresholdPercentage: 50,
    resetTimeout: 30_000
  })
  breaker.fallback(() => ({ cached: true }))
  return calling((id) => breaker.fire(id))
}

const cockatielCircuit = () =>
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 30_000,
    breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 })
  })

export async function cockatielBreaker() {
  const policy = cockatielCircuit()
  return calling((id) => policy.execute(() => work(id)))
}

/** With what a metric of calls and of their durations needs. */
export async function cockatielCounted() {
  const policy = cockatielCircuit()
  const measured = { count: 0, seconds: 0 }
  policy.onSuccess(({ duration }) => {
    measured.count++
    measured.seconds += duration / 1000
  })
  return calling((id) => policy.execute(() => work(id)))
}

/** Fallback, retry, breaker and timeout around each call: the four that a service wants. */
export async function cockatielFour() {
  const { handleAll } = cockatiel
  const policy = cockatiel.wrap(
    cockatiel.fallback(handleAll, { cached: true }),
    cockatiel.retry(handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() }),
    cockatielCircuit(),
    cockatiel.timeout(3000, cockatiel.TimeoutStrategy.Aggressive)
  )
  return calling((id) => policy.execute(() => work(id)))
}
