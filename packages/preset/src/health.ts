export * from '@seaworthy/health'
export { default } from '@seaworthy/health'
