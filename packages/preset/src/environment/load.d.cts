/** The code behind `fromEnv()`. Apps with options of their own do not load it. */
export declare const reader: () => typeof import('./reader.ts')
