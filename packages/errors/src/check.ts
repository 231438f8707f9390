import { optionChecks, type OptionChecks } from '@seaworthy/internal'

export const check: OptionChecks = optionChecks('errors')
