/** The code behind `app.resilience.breaker()`. */
export declare const breakers: () => typeof import('./breaker/breakers.ts')
/** The code behind `app.resilience.fetch()`. */
export declare const calls: () => typeof import('./fetch/calls.ts')
/** The code behind `app.resilience.adopt()`. */
export declare const adoption: () => typeof import('./adopt/adoption.ts')
