export * from '@seaworthy/shutdown'
export { default } from '@seaworthy/shutdown'
