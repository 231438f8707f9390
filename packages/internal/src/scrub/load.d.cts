/** The scrubber, for code that rarely needs it. */
export declare const scrub: () => typeof import('./scrub.ts')
