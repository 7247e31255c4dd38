export {
  type LambdaAnswer,
  type LambdaContext,
  type LambdaHandler,
  type LambdaOptions,
  onLambda,
} from './hosts/lambda.ts'
export { type UpstashDatabase, upstash } from './stores/upstash.ts'
export type { Store } from './stores/store.ts'
