// Package authorizer is what a Lambda authorizer's answer means, and how long it
// is remembered. It calls no function and knows no request: the data plane makes
// the event, finds the identity sources and hands in the call.
//
//	identity sources -> Scope.Key (a keyed hash; the values themselves are kept nowhere)
//	Scope.Answer     -> remembered? -> its Answer
//	                 -> a call for this key under way? -> wait for it
//	                 -> call -> Read (the function's text -> Answer) -> remember
//	Answer.Decide    -> the policy engine, about this one method ARN
//
// What is remembered is the policy with its context and never a verdict: each
// request asks it again about its own method, so that an answer for one route
// opens no other. The one exception is AWS's own: the boolean of a simple
// response holds for all routes that share the identity sources.
//
// A Scope is one authorizer of one stage as that stage was last written. No other
// can have its number, so no answer of one authorizer, stage or API is ever found
// by another, and a flush is nothing but a new Scope. Failures and refusals of
// the function itself (Unauthorized) are handed to those who waited for that very
// call, and are not kept. A function whose permission is taken away goes on being
// believed until the time to live ends, as at AWS.
//
// The memory of all scopes together is bounded, in entries and in bytes; what was
// not used for longest goes first. Answers are held to 64 KB: AWS writes 8 KB for
// WebSocket APIs and nothing for these.
//
// The files: answer, context (reading what a function said), decide (policies),
// failure (the three ways to say no answer), cache, flight (remembering).
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
package authorizer
