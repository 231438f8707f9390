export * from '@seaworthy/security'
export { default } from '@seaworthy/security'
