export { checkInit } from './check-init.ts'
export { createFetch, fetchPolicy } from './fetch.ts'
export { untilCallerAborts } from './until-caller-aborts.ts'
export { buildUrl } from './url.ts'
