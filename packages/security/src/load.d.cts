/** The analysis of patterns, for schemas that have some. */
export declare const patterns: () => typeof import('./patterns/find-redos.ts')
