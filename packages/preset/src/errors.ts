export * from '@seaworthy/errors'
export { default } from '@seaworthy/errors'
