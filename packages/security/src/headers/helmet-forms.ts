import { invalidOption } from '@seaworthy/internal'
import { runHelmet, type HelmetRun, type HelmetResult } from './run-helmet.ts'
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

/** Prepares the headers of several options by one call of @fastify/helmet. */
export async function prepareForms(
  several: readonly HelmetForms[],
  onPage: () => void
): Promise<{ prepared: PreparedHeaders[]; headersOf: HelmetRun['headersOf'] }> {
  const { results, headersOf } = await runHelmet(several.flatMap(({ forms }) => forms.map(toHelmetSet)))
  let next = 0
  const prepared = several.map((each) => join(each, () => results[next++]!, onPage))
  return { prepared, headersOf }
}

/** Prepares the headers of options that are known only now. */
export const prepareNow = (
  each: HelmetForms,
  headersOf: HelmetRun['headersOf'],
  onPage: () => void
): PreparedHeaders => join(each, (form) => resultOf(toHelmetSet(form), headersOf), onPage)

/** The headers of all forms. Helmet's errors become errors of an option. */
function join(
  { option, forms }: HelmetForms,
  run: (form: ResolvedHeaders) => HelmetResult | Error,
  onPage: () => void
): PreparedHeaders {
  try {
    const [data, page] = forms.map((form) => {
      const result = run(form)
      if (result instanceof Error) throw result
      return prepareHeaders(form, result)
    })
    return page === undefined ? data! : prepareByType(data!, page, onPage)
  } catch (cause) {
    throw invalidOption(`security: "${option}": ${(cause as Error).message}`, cause)
  }
}
