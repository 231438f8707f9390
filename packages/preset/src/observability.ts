export * from '@seaworthy/observability'
export { default } from '@seaworthy/observability'
