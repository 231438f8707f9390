import { MAX_DELAY } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import CircuitBreaker from 'opossum'
import { circuitDefaults, type CircuitPolicy } from './breaker/circuit-options.ts'
import { type CreateOpeningRule, type OpeningRule, opensByRatio, ratioRule } from './breaker/opening-rule.ts'
import { FAILURES, SUCCESSES, Window } from './breaker/window.ts'

// The parts of opossum that its documentation does not promise. Everything else of this package uses public parts.

/**
 * opossum's status with our window in place of its buckets.
 * For: opossum decides on the counts of the circuit that has failed, so that all circuits of a policy share one
 * breaker of opossum, without a timer and without a list of latencies for each.
 * Private: which members of the status opossum uses (`stats`, `increment`, `open`, `close`), and what it needs of a
 * `rotateBucketController`.
 * Without it: the self-test fails, see {@link createOpeningRules}.
 */
function windowStatus(): { status: object; select(window: Window | undefined, now: number): void } {
  let window: Window | undefined
  let now = 0
  // Rotates the buckets of the status, which has only one: it never emits.
  const rotateBucketController = {
    on: () => rotateBucketController,
    removeListener: () => rotateBucketController,
    listenerCount: () => 1
  }
  const status: object = CircuitBreaker.newStatus({
    rollingCountBuckets: 1,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController
  } as never)
  Object.defineProperties(status, {
    stats: { get: () => window!.stats(now) },
    increment: {
      value: (property: string) => {
        if (property === 'failures') window!.add(FAILURES, now)
      }
    },
    open: { value: () => undefined },
    close: { value: () => undefined }
  })
  return {
    status,
    select(selected, time) {
      window = selected
      now = time
    }
  }
}

/** The action that opossum calls: it throws, so that opossum decides at once. Private: that it decides before `fire` returns. */
const fail = (error: unknown): never => {
  throw error
}

/** Lets opossum decide when a circuit opens. It keeps nothing between two decisions that is not in the window. */
export function opossumRule(policy: CircuitPolicy): OpeningRule {
  const { status, select } = windowStatus()
  const breaker = new CircuitBreaker<[unknown], never>(fail, {
    timeout: false,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    volumeThreshold: opensByRatio(policy) ? policy.volumeThreshold : Number.MAX_SAFE_INTEGER,
    // opossum opens above the percentage: with 100 it would never open.
    errorThresholdPercentage: policy.errorThresholdPercentage - 1e-9,
    // opossum would end the open state by a timer. It is closed at once, so that the timer never fires.
    resetTimeout: MAX_DELAY,
    status: status as never
  })
  return {
    opens(window, error, now) {
      select(window, now)
      breaker.fire(error).catch(() => undefined)
      select(undefined, 0)
      if (!breaker.opened) return false
      // Stops opossum's timer too.
      breaker.close()
      return true
    }
  }
}

const testPolicy: CircuitPolicy = {
  ...circuitDefaults,
  volumeThreshold: 4,
  errorThresholdPercentage: 50,
  maxResetTimeout: circuitDefaults.resetTimeout
}

/** The self-test of a rule: what it does wrong, `undefined` if nothing. */
export function testRule(create: CreateOpeningRule): string | undefined {
  const error = new Error('self-test')
  try {
    const rule = create(testPolicy)
    // Twice: the first opening must not change the second one.
    for (let round = 1; round <= 2; round++) {
      const window = new Window(10_000, 0)
      for (let count = 0; count < 2; count++) window.add(SUCCESSES, 0)
      const decisions = [rule.opens(window, error, 0), rule.opens(window, error, 0)].join()
      if (decisions !== 'false,true') return `it decided ${decisions}, not false,true`
      const { failures } = window.stats(0)
      if (failures !== 2) return `it counted ${failures} failures, not 2`
    }
    return undefined
  } catch (thrown) {
    return `it threw ${String(thrown)}`
  }
}

/** Gives opossum's rule if it passes its self-test, and this package's rule with a warning if not. */
export function createOpeningRules(
  log: FastifyBaseLogger,
  preferred: CreateOpeningRule = opossumRule
): CreateOpeningRule {
  const problem = testRule(preferred)
  if (problem === undefined) return preferred
  log.warn(
    { problem },
    'resilience: opossum failed its self-test; breakers open by a rule without it; install a version of opossum that this package allows'
  )
  return ratioRule
}
