import { clientErrorBrand } from '@seaworthy/contract'
import { UpstreamLimitedError } from './call-errors.ts'
import { AddressError } from './input-errors.ts'
import type { ResilienceError } from './resilience-error.ts'

/** Whether no call was made: such an error shows nothing about the service. */
export const isWithoutCall = (error: unknown): boolean =>
  error instanceof AddressError || error instanceof UpstreamLimitedError

/** Whether an error is made for clients, by this package or another one of Seaworthy's. */
export const isClientError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && clientErrorBrand in error

/** Whether an error is a {@link ResilienceError} of any copy of this package. */
export const isResilienceError = (error: unknown): error is ResilienceError =>
  isClientError(error) && 'kind' in (error as object)
