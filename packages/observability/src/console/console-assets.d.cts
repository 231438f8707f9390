/** Written by `.ci/console.mjs` from the folder `console`: compressed by Brotli, in base64. */
declare const assets: { script: string; style: string }
export = assets
