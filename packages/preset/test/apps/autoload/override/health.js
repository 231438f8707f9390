export { health as default } from '@seaworthy/health'
export const prefixOverride = '/health'
