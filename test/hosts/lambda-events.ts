import type {
  ALBEvent,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  LambdaFunctionURLEvent,
} from 'aws-lambda'
import type { Asked } from './everywhere.suite.ts'

/** Events as the platform sent them, each for `GET /readyz`. */
export const RECORDED = {
  functionUrl: {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/readyz',
    rawQueryString: '',
    headers: {
      'x-amzn-tls-cipher-suite': 'TLS_AES_128_GCM_SHA256',
      'x-amzn-tls-version': 'TLSv1.3',
      'x-amzn-trace-id': 'Root=1-67434b1f-5c0e3f2a7d1b4c6e8f9a0b1c',
      'x-forwarded-proto': 'https',
      host: 'url-id.lambda-url.us-west-2.on.aws',
      'x-forwarded-port': '443',
      'x-forwarded-for': '192.0.2.7',
      accept: '*/*',
      'user-agent': 'curl/8.5.0',
    },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'url-id',
      domainName: 'url-id.lambda-url.us-west-2.on.aws',
      domainPrefix: 'url-id',
      http: {
        method: 'GET',
        path: '/readyz',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.7',
        userAgent: 'curl/8.5.0',
      },
      requestId: 'e1506fd5-9e7b-434f-bd42-4f8fa224b599',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:05:00:00 +0000',
      timeEpoch: 1795410000000,
    },
    isBase64Encoded: false,
  } satisfies LambdaFunctionURLEvent as LambdaFunctionURLEvent,

  apiGatewayV1: {
    resource: '/{proxy+}',
    path: '/readyz',
    httpMethod: 'GET',
    headers: {
      Accept: '*/*',
      'CloudFront-Forwarded-Proto': 'https',
      'CloudFront-Viewer-Country': 'NL',
      Host: '70ixmpl4fl.execute-api.us-east-2.amazonaws.com',
      'User-Agent': 'curl/8.5.0',
      'X-Amzn-Trace-Id': 'Root=1-5e66d96f-7491f09xmpl79d18acf3d050',
      'X-Forwarded-For': '192.0.2.7, 198.51.100.3',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    },
    multiValueHeaders: {
      Accept: ['*/*'],
      'CloudFront-Forwarded-Proto': ['https'],
      'CloudFront-Viewer-Country': ['NL'],
      Host: ['70ixmpl4fl.execute-api.us-east-2.amazonaws.com'],
      'User-Agent': ['curl/8.5.0'],
      'X-Amzn-Trace-Id': ['Root=1-5e66d96f-7491f09xmpl79d18acf3d050'],
      'X-Forwarded-For': ['192.0.2.7, 198.51.100.3'],
      'X-Forwarded-Port': ['443'],
      'X-Forwarded-Proto': ['https'],
    },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: 'readyz' },
    stageVariables: null,
    requestContext: {
      resourceId: '2gxmpl',
      authorizer: null,
      resourcePath: '/{proxy+}',
      httpMethod: 'GET',
      extendedRequestId: 'JJbxmplHYosFVYQ=',
      requestTime: '23/Nov/2026:05:00:00 +0000',
      path: '/Prod/readyz',
      accountId: '123456789012',
      protocol: 'HTTP/1.1',
      stage: 'Prod',
      domainPrefix: '70ixmpl4fl',
      requestTimeEpoch: 1795410000000,
      requestId: '77375676-xmpl-4b79-853a-f982474efe18',
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: '192.0.2.7',
        principalOrgId: null,
        accessKey: null,
        apiKey: null,
        apiKeyId: null,
        clientCert: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: 'curl/8.5.0',
        user: null,
      },
      domainName: '70ixmpl4fl.execute-api.us-east-2.amazonaws.com',
      apiId: '70ixmpl4fl',
    },
    body: null,
    isBase64Encoded: false,
  } satisfies APIGatewayProxyEvent as APIGatewayProxyEvent,

  apiGatewayV2: {
    version: '2.0',
    routeKey: 'ANY /{proxy+}',
    rawPath: '/readyz',
    rawQueryString: '',
    headers: {
      accept: '*/*',
      'content-length': '0',
      host: 'r3pmxmplak.execute-api.us-east-2.amazonaws.com',
      'user-agent': 'curl/8.5.0',
      'x-amzn-trace-id': 'Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'r3pmxmplak',
      domainName: 'r3pmxmplak.execute-api.us-east-2.amazonaws.com',
      domainPrefix: 'r3pmxmplak',
      http: {
        method: 'GET',
        path: '/readyz',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.7',
        userAgent: 'curl/8.5.0',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: 'ANY /{proxy+}',
      stage: '$default',
      time: '23/Nov/2026:05:00:00 +0000',
      timeEpoch: 1795410000000,
    },
    pathParameters: { proxy: 'readyz' },
    isBase64Encoded: false,
  } satisfies APIGatewayProxyEventV2 as APIGatewayProxyEventV2,

  loadBalancer: {
    requestContext: {
      elb: {
        targetGroupArn:
          'arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/lambda-279XGJDqGZ5rsrHC2Fjr/49e9d65c45c6791a',
      },
    },
    httpMethod: 'GET',
    path: '/readyz',
    queryStringParameters: {},
    headers: {
      accept: '*/*',
      host: 'lambda-alb-123578498.us-east-2.elb.amazonaws.com',
      'user-agent': 'curl/8.5.0',
      'x-amzn-trace-id': 'Root=1-5c536348-3d683b8b04734faae651f476',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
      'x-imforwards': '20',
    },
    body: '',
    isBase64Encoded: false,
  } satisfies ALBEvent as ALBEvent,
}

type Texts = Readonly<Record<string, string>>

/** The recorded events, asking something else: each kind has its own way to write a path, a query and headers. */
export const EVENTS: Readonly<Record<string, (asked: Asked) => object | undefined>> = {
  'function URL': (asked) => second(RECORDED.functionUrl, asked),
  'API Gateway v2': (asked) => second(RECORDED.apiGatewayV2, asked),
  'API Gateway v2, of a named stage': (asked) => {
    const event = second(RECORDED.apiGatewayV2, asked)
    const requestContext = { ...event.requestContext, stage: 'prod' }
    return { ...event, rawPath: `/prod${event.rawPath}`, requestContext }
  },
  'API Gateway v1': ({ method, path, headers }) => {
    const { pathname, searchParams } = urlOf(path)
    const event = RECORDED.apiGatewayV1
    const names = [...new Set(searchParams.keys())]
    const all = Object.fromEntries(names.map((name) => [name, searchParams.getAll(name)]))
    const canonical = { ...event.headers, ...headers } as Texts
    return {
      ...event,
      httpMethod: method,
      path: pathname,
      headers: canonical,
      multiValueHeaders: mapped(canonical, (value) => [value]),
      queryStringParameters: names.length === 0 ? null : mapped(all, (values) => values.at(-1)),
      multiValueQueryStringParameters: names.length === 0 ? null : all,
      requestContext: { ...event.requestContext, httpMethod: method, path: `/Prod${pathname}` },
    }
  },
  'load balancer': ({ method, path, headers }) => {
    const query = encodedQuery(path)
    // It hands on only the last of several values of one name.
    if (Object.values(query).some((values) => values.length > 1)) return undefined
    return {
      ...RECORDED.loadBalancer,
      httpMethod: method,
      path: urlOf(path).pathname,
      queryStringParameters: mapped(query, ([value]) => value),
      headers: { ...RECORDED.loadBalancer.headers, ...lowerCase(headers) },
    }
  },
  'load balancer, with all values': ({ method, path, headers }) => {
    const { headers: single, queryStringParameters: _, ...event } = RECORDED.loadBalancer
    return {
      ...event,
      httpMethod: method,
      path: urlOf(path).pathname,
      multiValueQueryStringParameters: encodedQuery(path),
      multiValueHeaders: mapped({ ...single, ...lowerCase(headers) } as Texts, (value) => [value]),
    }
  },
}

function second(event: APIGatewayProxyEventV2, { method, path, headers }: Asked): APIGatewayProxyEventV2 {
  const { pathname, search } = urlOf(path)
  return {
    ...event,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { ...event.headers, ...lowerCase(headers) },
    requestContext: {
      ...event.requestContext,
      http: { ...event.requestContext.http, method, path: pathname },
    },
  }
}

function urlOf(path: string): URL {
  return new URL(`http://localhost${path}`)
}

/** As it was sent, still encoded. */
function encodedQuery(path: string): Record<string, string[]> {
  const query: Record<string, string[]> = {}
  for (const pair of urlOf(path).search.slice(1).split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split('=')
    ;(query[name] ??= []).push(value)
  }
  return query
}

function lowerCase(headers: Texts): Texts {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
