import type { AfterRejection } from './after-rejection.ts'
import type { Limit } from './resolve-limit.ts'

/** One request to be counted against one limit. */
export interface Hit {
  /** The name of the limit. With the key it identifies a count. */
  name: string
  /** The client's key. */
  key: string
  /** The key as functions of the app get it: a number stays one. */
  appKey: string
  max: number
  /** Milliseconds. */
  window: number
  cost: number
  /** The limit only counts: it rejects nothing and does not keep other limits from counting. */
  observe: boolean
  afterRejection: AfterRejection
}

/** The result of one hit. Times in milliseconds. */
export interface HitResult {
  exceeded: boolean
  remaining: number
  /** Until the oldest counted request leaves the window; with `exceeded`, until this request would pass. */
  reset: number
  /** Rejections in a row. */
  rejections: number
}

/** The limits of a request that were evaluated in one hook, with their hits and results. */
export interface LimitEvaluation {
  limits: readonly Limit[]
  hits: readonly Hit[]
  results: readonly HitResult[]
}

/** A store outside of this process. */
export interface SharedStore {
  readonly up: boolean
  /** Counts a request against its limits. */
  take(hits: readonly Hit[], done: (error: Error | null, results?: HitResult[]) => void): void
  /** Gives back what was counted. */
  refund(hits: readonly Hit[]): void
}

/** Called when a request is evaluated. `error` rejects it; `replied`: the app's response has been sent. */
export type Done = (error?: Error | null, replied?: boolean) => void

/** Entries of a full window. Requests within a sixtieth of it share an entry and leave with the last of them. */
export const entriesPerWindow = 60
