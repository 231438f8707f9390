import type { Clock } from '../clock.ts'
import type { CircuitPolicy } from './circuit-options.ts'
import type { Permit, PermitIssuer } from './permit.ts'
import type { StateChangeReason } from './state-changes.ts'

/** The members of a breaker that its circuits use. */
export interface CircuitHost {
  readonly clock: Clock
  readonly random: () => number
}

/** An opening of a circuit, until the service has recovered. */
export interface Opening {
  /** The failure. Callers get it as cause while the circuit rejects their calls. */
  readonly failure: unknown
  /** How often the circuit has opened since the service was last well. */
  readonly count: number
}

/** The circuit, as its states see it: they decide, and it replaces one state by the next. */
export interface CircuitTransitions {
  readonly policy: CircuitPolicy
  readonly host: CircuitHost
  /** Outcomes of calls that an earlier state admitted do not count. */
  isCurrent(state: object): boolean
  open(failure: unknown, previousOpenings: number, reason: StateChangeReason): void
  /** Admits the probe. */
  halfOpen(opening: Opening, now: number): Permit | undefined
  /** The probe has no outcome: the next call is the probe. */
  probeIgnored(state: { readonly name: 'half-open' }): void
  close(opening: Opening): void
}

/** The members that all states of a circuit have. */
export interface CircuitStateMembers extends PermitIssuer {
  /** The latest failure while it is a reason to reject calls. */
  readonly failure: unknown
  /** Admits a call, or returns `undefined`. */
  admit(now: number): Permit | undefined
  /** Whether a call would be rejected for certain. Changes nothing. */
  rejects(now: number): boolean
}
