import { optionChecks, type OptionChecks } from '@seaworthy/contract'

export const check: OptionChecks = optionChecks('errors')
