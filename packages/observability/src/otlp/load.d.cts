/** The encoders, which most services do not need. */
export declare const encoders: () => typeof import('./encoder.ts')
