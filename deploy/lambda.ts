import health from '../src/health.config.ts'
import { onLambda } from '../src/lambda.ts'

export const handler = onLambda(health)
