import type {
  ALBHandler,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  LambdaFunctionURLHandler,
} from 'aws-lambda'
import { expectTypeOf, test } from 'vitest'
import { onLambda } from '../../src/lambda.ts'
import { custom, defineHealth } from '../../src/index.ts'

const handler = onLambda(defineHealth({ checks: { it: custom(async () => {}) } }))

test('the handler is one by the types of the platform', () => {
  expectTypeOf(handler).toExtend<LambdaFunctionURLHandler>()
  expectTypeOf(handler).toExtend<APIGatewayProxyHandler>()
  expectTypeOf(handler).toExtend<APIGatewayProxyHandlerV2>()
  expectTypeOf(handler).toExtend<ALBHandler>()
})
