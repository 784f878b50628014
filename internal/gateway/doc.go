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
// The files of the data plane: address, route, path (where to), pipeline, guard
// (the steps), cognito, claims (tokens), signature, permission, identity
// (AWS_IAM), functionauthorizer, identitysource, authorizerevent, httpauthorizer,
// conditions, withhold (authorizers' functions), event, lambda, backend, backendtarget, mock (what stands behind), answer, denial
// (what leaves), throttling, variables and accesslogs ($context), trial and trialfunction
// (TestInvokeAuthorizer). The files definition, restdefinition, httpdefinition and check are
// the model: what can be deployed, and what is wrong with it.
//
// Two things differ from AWS because net/http reads the request first: header
// names reach a function in their canonical form (X-Test, whatever the client's
// casing), and a message that net/http cannot parse is refused by it.
package gateway
