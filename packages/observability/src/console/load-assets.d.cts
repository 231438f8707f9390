/** Loads the script and the style of the page when they are needed. */
export declare const consoleAssets: () => { script: string; style: string }
