// Package access says who calls and what they may do. It decides nothing by
// itself: an Authenticator proves a Caller, an Authorizer gives a Verdict.
//
//	request -> Authenticator -> Caller -> Authorizer(action, resource) -> Verdict
package access

import (
	"context"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

// Kind is the sort of principal that calls. The zero value is Anonymous.
type Kind uint8

const (
	Anonymous Kind = iota
	Root
	User
	Session // temporary credentials: an assumed role or a federated user
	Service // an AWS service acting for itself, such as apigateway.amazonaws.com
)

// Caller is a principal whose identity has been proved, or Anonymous.
type Caller struct {
	Kind        Kind
	Account     string
	ARN         string // "" for Anonymous
	ID          string // aws:userid: account id for root, AIDA..., AROA...:session
	AccessKeyID string
	Session     *Temporary // of temporary credentials; nil for long-term ones
}

// Temporary is what temporary credentials say of their caller beside who it is.
type Temporary struct {
	Issuer     string // ARN of the role that was assumed, or of the user or root who asked for them
	IssuerID   string // its unique id; "" for root
	Federated  bool   // made by sts:GetFederationToken
	Assumed    bool   // made by assuming a role
	Issued     time.Time
	Expires    time.Time
	Policy     string   // session policy, which bounds what the credentials may do; "" for none
	PolicyARNs []string // managed policies that do so, too

	Tags           map[string]string // by key
	TransitiveTags []string          // keys of those that go on into sessions made from this one
	SourceIdentity string

	// Provider vouched for who assumed the role with a web identity or a SAML
	// assertion (aws:FederatedProvider): "cognito-identity.amazonaws.com" or the
	// provider's ARN. "" for every other session.
	Provider string
	// Claims are what that proof said and the session goes on saying, as condition
	// keys in lower case: cognito-identity.amazonaws.com:sub. Read-only.
	Claims map[string][]string
}

// Call is one control-plane operation under way: who asks, from where, when.
// It is handed to every operation, so that none can forget to ask.
type Call struct {
	Caller    Caller
	Account   string // the account that this deployment is
	Region    string // of the credential scope; "" for an unsigned call
	RequestID string
	Source    netip.Addr
	UserAgent string
	Referer   string // as the client sent it, which proves nothing
	Secure    bool   // the request came over TLS
	// Conditions are the condition keys that the operation's input speaks for, in
	// lower case (aws:requesttag/team). Whoever finds the resource sets them.
	Conditions map[string][]string
	// Own is the policy that the resource itself has, the zero Attached if none.
	// Whoever finds the resource sets it.
	Own    policy.Attached
	Time   time.Time // the instant at which this call happens, for all that it does
	Record *audit.Record
}

// Verdict is the answer to "may they?". The zero value denies.
type Verdict struct {
	Allowed  bool
	Explicit bool   // a denial that a policy spelled out
	Reason   string // for the operator's record, never for the client
	// Cause ends the sentence that a refused client reads, in AWS's words, with a
	// blank before it. "" leaves it to what Explicit says.
	Cause string
	// Trace is every statement that was asked, and why it did not apply; of
	// refusals that policies made, nil otherwise.
	Trace *policy.Trace
}

// Refusal is what a refused caller reads, in AWS's words: who may not do what,
// and which kind of policy decided.
func (v Verdict) Refusal(caller Caller, action, resource string) string {
	text := "User: " + caller.ARN + " is not authorized to perform: " + action + " on resource: " + resource
	switch {
	case v.Cause != "":
		return text + v.Cause
	case v.Explicit:
		return text + " with an explicit deny in an identity-based policy"
	}
	return text + " because no identity-based policy allows the " + action + " action"
}

// Authorizer decides whether call.Caller may perform action ("service:Name")
// on resource (an ARN or "*"). An error is a denial.
type Authorizer interface {
	Authorize(ctx context.Context, call *Call, action, resource string) Verdict
}
