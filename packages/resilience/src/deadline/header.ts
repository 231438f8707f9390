const grpcUnits: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** The header's time limit in milliseconds. `undefined` for a missing or malformed value. */
export function parseTimeout(header: string, value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  if (header !== 'grpc-timeout') return /^\d{1,12}$/.test(value) ? Number(value) : undefined
  const match = /^(\d{1,8})([HMSmun])$/.exec(value)
  return match ? Number(match[1]) * grpcUnits[match[2]!]! : undefined
}

/** The header's value for this many milliseconds. */
export function formatTimeout(header: string, milliseconds: number): string {
  const whole = Math.max(1, Math.floor(milliseconds))
  return header === 'grpc-timeout' ? `${Math.min(whole, 99_999_999)}m` : String(whole)
}
