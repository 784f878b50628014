package gateway

import (
	"strconv"
	"strings"
	"time"
)

// grant is what an authorizer's function has said of a caller whom it let in:
// "principalId", "integrationLatency", or a key of its context.
type grant interface {
	Value(name string) (text string, ok bool)
}

// variable is $context.{name} of the request, as far as it has come: for access
// logs, gateway responses and parameter mappings of both kinds of API. ok is
// false for what is not known, or not yet, or is no variable; whoever writes a
// definition is told of the latter by the control plane. The text is raw, and may
// be a stranger's: escaping it is up to where it goes.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
func (x *exchange) variable(name string) (text string, ok bool) {
	family, rest, _ := strings.Cut(name, ".")
	switch family {
	case "identity":
		text = x.identityVariable(rest)
	case "authorizer":
		text = x.authorizerVariable(rest)
	case "error":
		text = x.errorVariable(rest)
	case "authenticate":
		text = x.stepVariable("signature", rest)
	case "authorize":
		text = x.stepVariable("authorize", rest)
	case "integration":
		text = x.stepVariable("integrate", rest)
	default:
		text = x.plainVariable(name)
	}
	return text, text != ""
}

// isRequestVariable reports whether mappings can send a variable on: those that
// are known before an integration is asked.
func isRequestVariable(name string) bool {
	if rest, ok := strings.CutPrefix(name, "authorizer."); ok {
		return rest != "" && rest != "claims" && rest != "claims."
	}
	return requestVariables[name]
}

var requestVariables = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`accountId apiId deploymentId domainName domainPrefix extendedRequestId httpMethod
		identity.accountId identity.accessKey identity.caller identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType
		identity.cognitoIdentityId identity.cognitoIdentityPoolId identity.sourceIp identity.user identity.userAgent identity.userArn
		path protocol requestId requestTime requestTimeEpoch resourceId resourcePath routeKey stage xrayTraceId`) {
		set[name] = true
	}
	return set
}()

func (x *exchange) plainVariable(name string) string {
	switch name {
	case "requestId":
		if x.overHTTP() { // both ids are one
			return x.extended
		}
		return x.id
	case "extendedRequestId":
		return x.extended
	case "xrayTraceId":
		root, _, _ := strings.Cut(strings.TrimPrefix(x.trace, "Root="), ";")
		return root
	case "requestTime":
		var room [32]byte
		return string(appendRequestTime(room[:0], x.at))
	case "requestTimeEpoch":
		return strconv.FormatInt(x.at.UnixMilli(), 10)
	case "protocol":
		return x.r.Proto
	case "httpMethod":
		if x.verb == "" { // refused before it was read
			return x.r.Method
		}
		return x.verb
	case "status":
		return number(x.record.Status)
	case "responseLength":
		return strconv.FormatInt(x.sent, 10)
	case "dataProcessed":
		return strconv.FormatInt(x.sent+max(x.r.ContentLength, 0), 10)
	case "responseLatency":
		return milliseconds(x.record.Took)
	case "integrationLatency":
		return x.stepVariable("integrate", "latency")
	case "integrationStatus":
		return x.stepVariable("integrate", "integrationStatus")
	case "integrationErrorMessage":
		return x.stepVariable("integrate", "error")
	}
	if x.stage == nil {
		return ""
	}
	switch name {
	case "accountId":
		return x.stage.account
	case "apiId", "domainPrefix":
		return x.stage.api
	case "domainName":
		return x.stage.host
	case "stage":
		return x.stage.name
	case "deploymentId":
		return x.stage.deployment
	case "path":
		return x.pathWithStage()
	case "routeKey":
		return x.record.Route
	}
	if x.route == nil {
		return ""
	}
	switch name {
	case "resourceId":
		return x.route.id
	case "resourcePath":
		return x.route.template
	}
	return ""
}

// overHTTP is true for a request of an HTTP API.
func (x *exchange) overHTTP() bool { return x.http }

// pathWithStage is the path as the client sees it; an HTTP API's $default stage
// is no part of one.
func (x *exchange) pathWithStage() string {
	if x.stage.name == defaultStage {
		return x.path()
	}
	return "/" + x.stage.name + x.slashes + x.address.Path
}

func (x *exchange) identityVariable(name string) string {
	switch name {
	case "sourceIp":
		return x.source
	case "userAgent":
		return x.r.UserAgent()
	}
	i := x.identity()
	switch name {
	case "accountId":
		return i.account
	case "caller", "user":
		return i.caller
	case "userArn":
		return i.userARN
	case "accessKey":
		return i.accessKey
	case "cognitoIdentityId":
		return i.identityID
	case "cognitoIdentityPoolId":
		return i.poolID
	case "cognitoAuthenticationType":
		return i.authentication
	case "cognitoAuthenticationProvider":
		return i.provider
	}
	return ""
}

// authorizerVariable is what an authorizer has found out. That a caller is known
// does not say that they were let in: a policy may have refused them.
func (x *exchange) authorizerVariable(name string) string {
	if claim, ok := strings.CutPrefix(name, "claims."); ok {
		return claimOf(x, claim)
	}
	if x.grant != nil {
		if text, ok := x.grant.Value(name); ok {
			return text
		}
	}
	switch name {
	case "error", "latency":
		return x.stepVariable("authorize", name)
	}
	return ""
}

// errorVariable tells of an answer that the gateway gave of itself.
func (x *exchange) errorVariable(name string) string {
	if x.refusal == nil {
		return ""
	}
	message := x.refusal.message
	if x.overHTTP() {
		message = x.refusal.http.message
	}
	switch name {
	case "message":
		return message
	case "messageString":
		if message != "" {
			return string(appendText(nil, message))
		}
	case "responseType":
		return string(x.refusal.response)
	}
	return ""
}

// stepVariable tells of a step of the request what its record does: how long it
// took and why it ended the request.
func (x *exchange) stepVariable(step, name string) string {
	var began time.Duration
	for _, s := range x.record.Steps() {
		if s.Name != step {
			began = s.After
			continue
		}
		ended := x.refusal != nil && x.refusedAt == step
		switch name {
		case "latency":
			return milliseconds(s.After - began)
		case "error":
			if ended {
				return s.Detail
			}
		case "status":
			switch {
			case ended && step != "integrate":
				return number(x.record.Status)
			case step != "integrate":
				return "200"
			}
			return number(x.answered)
		case "integrationStatus": // of a function: that it could be asked
			switch x.method.integration.(type) {
			case lambda, *httpFunction:
				if x.answered != 0 {
					return "200"
				}
			}
			return number(x.answered)
		}
	}
	return ""
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
