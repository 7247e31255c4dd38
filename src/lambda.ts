export {
  type LambdaAnswer,
  type LambdaContext,
  type LambdaHandler,
  type LambdaOptions,
  onLambda,
} from './hosts/lambda.ts'
export { upstash } from './hosts/node-store.ts'
export type { UpstashDatabase } from './stores/upstash.ts'
export type { Store } from './stores/store.ts'
