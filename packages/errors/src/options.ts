import { optionChecks } from '@seaworthy/contract'

/** Options of the errors plugin. Every one may be left out. */
export interface ErrorsOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('errors')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: ErrorsOptions): Required<ErrorsOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
