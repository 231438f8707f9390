export { OpossumAdapter } from './adopted-breaker.ts'
export { checkOpossumBreaker } from './opossum-breaker.ts'
export { resolveAdoptOptions } from './options.ts'
