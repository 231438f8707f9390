export * from '@seaworthy/resilience'
export { default } from '@seaworthy/resilience'
