import type { DeadlinePolicy } from './options.ts'

const grpcUnits: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds that the header asks for; undefined where it says nothing that makes sense. */
export function readTimeout(header: string, value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  if (header !== 'grpc-timeout') return /^\d{1,12}$/.test(value) ? Number(value) : undefined
  const match = /^(\d{1,8})([HMSmun])$/.exec(value)
  return match ? Number(match[1]) * grpcUnits[match[2]!]! : undefined
}

/** The header's value for this many milliseconds. */
export function writeTimeout(header: string, remaining: number): string {
  const whole = Math.max(1, Math.floor(remaining))
  return header === 'grpc-timeout' ? `${Math.min(whole, 99_999_999)}m` : String(whole)
}

/** Milliseconds that a request has from its arrival. */
export function limitOf(policy: DeadlinePolicy, headers: Record<string, unknown>): number {
  const { header, accept, max } = policy
  const asked = header !== false && accept ? readTimeout(header, headers[header]) : undefined
  return asked === undefined ? policy.default : Math.min(asked, max)
}
