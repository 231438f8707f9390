/** A failed or slow request: nothing that a client has sent is in it but the ids, which were validated. */
export interface RecentRequest {
  at: number
  method: string
  route: string
  statusCode: number
  /** Milliseconds. */
  duration: number
  isSlow: boolean
  correlationId: string
  traceId: string
  /** The error's class, with its code. */
  error?: string
}
