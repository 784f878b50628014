// Package gateway is the data plane of API Gateway: it answers those who call
// what others have built. The control planes, packages restapi and httpapi, write
// what is deployed (Definition) and where (Stage); this package reads it.
//
//	store.Follow(stages) -> compile -> snapshot (one atomic pointer)
//
//	Locate(host, target) -> stage -> lookup(path) -> method
//	   -> steps: signature (AWS_IAM alone: sigv4 -> Keys -> whole body -> Keys)
//	      -> authorize (token of a pool, policies about the path sent, or an
//	         authorizer's function: identity sources -> remembered? or Invoke -> its policy)
//	      -> resource policy, of a REST API that has one: behind authorize it must allow
//	         (NONE, user pools); before an authorizer's function it may deny, and its allow
//	         stands in for that one's silence; with AWS_IAM both are one question
//	      -> throttle (a token of the method's bucket and of the account's, or 429)
//	      -> integrate (AWS_PROXY, HTTP_PROXY or MOCK) -> answer
//	   -> the stage's access log, audit.Record
//
// A stage serves what was deployed to it, never what was edited since. The data
// plane reads no database. Whatever a step does not decide is refused: the zero
// verdict, the zero guard and an integration that cannot be compiled all deny.
//
// What a signature covers is what is acted on: the path as it was sent, the verb
// that answers, a query that is read as it was signed, headers that no Connection
// header takes away. The signature itself goes no further. Policies are asked about
// each way in which the path can be read, and all must say yes (permission.go).
// A key is looked up before a body is read, so that a stranger's is not, and again
// after it: a client may take minutes to send one, and lose the key meanwhile.
//
// An HTTP API has routes of its own (httproute) and no gateway responses; the steps,
// guards and the way to functions and servers are the same. Browsers' preflights are
// answered before any route is looked for. What its integrations are sent, answered
// and mapped stands in the files that begin with http:
//
//	httpstage     compiles a stage; finds what answers     httpguard     tokens of issuers (bearer)
//	httproute     full match, greedy match, $default       httpcors      other origins
//	httpfunction  AWS_PROXY: httpevent (2.0), httpeventone (1.0), httpanswer
//	httpbackend   HTTP_PROXY                               httpmapping   parameters of requests and answers
//	httpdefinition, httpcheck, httproutekey, httpparameter: the model
//
// There a path is shown to functions with its escapes read, as AWS does; so whatever
// could then be read as another route's path is no route's. A slash at the end leads
// to the route without it, unless a route's key has it.
//
// What the files hold, of REST APIs and of both kinds:
//
//	gateway       what it needs of its surroundings    serve         one request, from its first line to its record
//	address       which API, stage and path            pipeline      exchange, step, verdict
//	route, path   which method; readings of a path     guard         which authorization a method wants
//	snapshot      what is live                         compile       a stage, from its definition
//
//	cognito, claims                                    tokens of user pools
//	signature, permission, identity                    AWS_IAM
//	functionauthorizer, identitysource, authorizerevent, httpauthorizer, conditions, withhold
//	resourcepolicy                                     an API's own policy, with each of them
//	throttling                                         settings of stages -> buckets
//
//	lambda, event, answer                              AWS_PROXY
//	backend, backendtarget, mapping, mock              HTTP_PROXY and MOCK
//	body, headers, query                               what is read of a request, and what goes on
//	denial, gatewayresponse                            what the gateway says of itself; in the API's own words
//	variables, accesslogs                              $context
//	trial, trialfunction                               TestInvokeAuthorizer
//	identifier, jsontext, jsonread                     ids; JSON, written and read without reflection
//
//	definition, restdefinition, check, authorizercheck, records: the model
//
// The bodies of all requests together have a bound (body.go): clients that send and
// then wait cannot have all memory. A step that panics is a 500 with a record, and a
// connection that is cut where the answer had begun.
//
// Two things differ from AWS because net/http reads the request first: header
// names reach a function in their canonical form (X-Test, whatever the client's
// casing), and a message that net/http cannot parse is refused by it.
package gateway
