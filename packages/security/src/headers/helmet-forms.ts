import { invalidOption } from '@seaworthy/internal'
import type { HeadersOf } from './run-helmet.ts'
import { prepareByType } from './by-type.ts'
import { headersDefaults, resolveHeaders, type HeadersOptions, type ResolvedHeaders } from './options.ts'
import { prepareHeaders, resultOf, toHelmetSet, type PreparedHeaders } from './prepare.ts'

/** Options with their place, for messages, in each form that a response needs: one, or one for data and one for pages. */
export interface HelmetForms {
  readonly option: string
  readonly forms: readonly ResolvedHeaders[]
}

/** Resolves options, and those of a route on top of them. */
export function helmetForms(
  option: string,
  options: HeadersOptions,
  routeOptions: HeadersOptions = {}
): HelmetForms {
  const profile = routeOptions.profile ?? options.profile ?? headersDefaults.profile
  const pages = profile === 'auto' ? [false, true] : [false]
  return { option, forms: pages.map((page) => resolveHeaders(option, options, routeOptions, page)) }
}

/**
 * Prepares headers: of an option, in each of its forms. Helmet's errors become errors of the option.
 *
 * @param headersOf - As `runHelmet` returns it.
 */
export function prepareForms(
  { option, forms }: HelmetForms,
  headersOf: HeadersOf,
  onPage: () => void
): PreparedHeaders {
  try {
    const [data, page] = forms.map((form) => prepareHeaders(form, resultOf(toHelmetSet(form), headersOf)))
    return page === undefined ? data! : prepareByType(data!, page, onPage)
  } catch (cause) {
    throw invalidOption(`security: "${option}": ${(cause as Error).message}`, cause)
  }
}
