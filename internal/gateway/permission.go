package gateway

import (
	"cmp"
	"context"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

const (
	invoke = "execute-api:Invoke"
	maxARN = 1600 // bytes, of a method's ARN with the values of its path
)

// askPolicies asks the policies of whoever has signed, and the API's own, whether
// they may call what was routed to: the verb that answers, the path that was sent.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
func askPolicies(ctx context.Context, g *Gateway, x *exchange) verdict {
	if x.signer == nil {
		return denied(denyAuthorizer, "nobody has been proved to have signed the request")
	}
	call := &x.signer.call
	call.Own = x.stage.policy
	v, arn, d := x.mayInvoke(ctx, g, call)
	switch {
	case d != nil:
		return denied(d, v.Reason)
	case v.Allowed:
		return passed(v.Reason)
	}
	return denied(policyDenial(v.Refusal(call.Caller, invoke, maskedAccount(arn, call.Account))), v.Reason)
}

// mayInvoke asks about each way in which the path can be read, and all must be
// allowed. The answer is about the ARN beside it: an explicit no to any reading,
// since that ends a request where a mere silence may not; else the first silence.
// d is not nil where there is no ARN to ask about.
func (x *exchange) mayInvoke(ctx context.Context, g *Gateway, call *access.Call) (v access.Verdict, arn string, d *denial) {
	routed, plain := pathsAsked(x.address.Path)
	base := x.verbARN() + "/"
	for _, path := range [...]string{routed, plain} {
		if len(base)+len(path) > maxARN {
			return access.Verdict{Reason: "the ARN of the method is over 1600 bytes"}, "", denyURITooLong
		}
		asked := base + path
		said := g.allows.Authorize(ctx, call, invoke, asked)
		said.Allowed = said.Allowed && !said.Explicit
		if silent := arn != "" && !v.Allowed; !silent || said.Explicit {
			v, arn = said, asked
		}
		if v.Explicit || plain == routed {
			break
		}
	}
	x.record.Resource = arn
	if !v.Allowed && v.Trace != nil {
		x.record.Denied = &audit.Denied{Principal: cmp.Or(call.Caller.ARN, "anonymous"), Action: invoke, Resource: arn, Trace: v.Trace}
	}
	return v, arn, nil
}

// verbARN is the ARN of what is called, up to the verb. That of the $default route
// of an HTTP API has none.
func (x *exchange) verbARN() string {
	if x.route.template == DefaultRoute {
		return x.stage.verbARN(x.verb)
	}
	return x.arn[:len(x.arn)-len(x.route.template)]
}

// pathsAsked are the two readings of a path, without slashes at its ends, about
// which policies are asked; mostly they are one.
//
// routed is what the lookup went by: escapes are read once, but a slash that was
// sent as %2F stays one, so that whoever may call /a/b may not for that call
// /{id} with "a/b". plain is what a careless reader makes of it: %2F and \ are
// slashes, empty segments and matrix parameters vanish. Were it not asked about,
// "//admin" would pass by a policy that denies "admin".
func pathsAsked(path string) (routed, plain string) {
	rest := trim(path).rest
	if inspect(path) == pathPlain {
		return rest, rest
	}
	var b strings.Builder
	first := true
	for raw := range strings.SplitSeq(rest, "/") {
		if !first {
			b.WriteByte('/')
		}
		first = false
		value, _ := unescape(raw) // the lookup has refused what cannot be
		b.WriteString(strings.ReplaceAll(value, "/", "%2F"))
	}
	return b.String(), strings.TrimPrefix(plainReading(path, true, asItIs), "/")
}

func asItIs(segment string) string { return segment }

// maskedAccount hides an account in an ARN but for its last four digits, as
// API Gateway does towards clients.
func maskedAccount(arn, account string) string {
	if len(account) <= 4 {
		return arn
	}
	hidden := "********" + account[len(account)-4:]
	return strings.Replace(arn, ":"+account+":", ":"+hidden+":", 1)
}
