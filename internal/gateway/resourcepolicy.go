package gateway

import (
	"context"
	"log/slog"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// A REST API may have a policy of its own. How it and the method's authorizer
// decide together is AWS's rule:
//
//	NONE      the policy must allow
//	Cognito   the token first, then the policy must allow
//	Lambda    the policy may deny; then it or the authorizer's policy must allow
//	IAM       any policy may deny; then it or the signer's policies must allow (askPolicies)
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
// Without a policy, the authorizer decides alone. It is asked about anonymous
// callers but where one has signed: a token says nothing that IAM knows.

// closed is what stands in for a policy that cannot be read.
var closed = policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`)

// compilePolicy is the zero Attached for an API without a policy. One that cannot
// be read, which the control plane does not let in, denies everything.
func (g *Gateway) compilePolicy(s *stage, text string) policy.Attached {
	if text == "" {
		return policy.Attached{}
	}
	own := policy.Attached{Name: "resource policy of API " + s.api}
	var err error
	if own.Policy, err = policy.Parse(policy.Resource, []byte(text)); err != nil {
		g.logger.Error("the resource policy of an API cannot be read and denies everything",
			slog.String("api", s.api), slog.String("stage", s.name), slog.Any("error", err))
		own.Policy = closed
	}
	return own
}

// resourceAllows is the step for which the API's own policy must allow.
func resourceAllows(ctx context.Context, g *Gateway, x *exchange) verdict {
	v, d := x.askResource(ctx, g)
	if d != nil {
		return denied(d, v.Reason)
	}
	return passed(v.Reason)
}

// resourceMayDeny is the step before a Lambda authorizer: an explicit deny ends
// it here, an allow is kept for what the authorizer leaves open.
func resourceMayDeny(ctx context.Context, g *Gateway, x *exchange) verdict {
	v, d := x.askResource(ctx, g)
	switch {
	case v.Allowed:
		x.resourceAllowed = true
		return passed(v.Reason)
	case v.Explicit || d == denyURITooLong:
		return denied(d, v.Reason)
	}
	x.record.Denied = nil // nothing is refused yet
	return passed("it says nothing of the request: the authorizer decides")
}

// askResource asks the API's own policy about a caller of whom IAM knows nothing.
// The denial is nil only for an allow.
func (x *exchange) askResource(ctx context.Context, g *Gateway) (access.Verdict, *denial) {
	call := g.call(x, access.Caller{})
	call.Own = x.stage.policy
	v, arn, d := x.mayInvoke(ctx, g, &call)
	if d != nil || v.Allowed {
		return v, d
	}
	message := "User: anonymous is not authorized to perform: " + invoke + " on resource: " + maskedAccount(arn, call.Account)
	if v.Explicit {
		message += " with an explicit deny"
	}
	return v, policyDenial(message)
}
