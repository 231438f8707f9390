export { scrubAndCut } from './scrub-and-cut.ts'
export { scrubText } from './scrub-text.ts'
export { namesSecret } from './secret-names.ts'
