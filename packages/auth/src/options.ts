import { optionChecks } from '@seaworthy/contract'

/** Options of the auth plugin. Every one may be left out. */
export interface AuthOptions {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('auth')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: AuthOptions): Required<AuthOptions> {
  check.known('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
