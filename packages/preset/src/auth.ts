export * from '@seaworthy/auth'
export { default } from '@seaworthy/auth'
