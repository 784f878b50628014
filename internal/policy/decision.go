package policy

// Outcome of an evaluation. The zero value denies.
type Outcome uint8

const (
	// ImplicitDeny: nothing allows it.
	ImplicitDeny Outcome = iota
	// ExplicitDeny: a statement denies it, whatever else allows it.
	ExplicitDeny
	// Allowed is the only outcome that lets a request through.
	Allowed
)

func (o Outcome) String() string {
	switch o {
	case ExplicitDeny:
		return "ExplicitDeny"
	case Allowed:
		return "Allow"
	}
	return "ImplicitDeny"
}

// Layer is the sort of policies that decided.
type Layer uint8

const (
	// LayerNone stands in the zero Decision.
	LayerNone Layer = iota
	LayerServiceControl
	LayerResource
	LayerTrust
	LayerIdentity
	LayerBoundary
	LayerSession
	// LayerRoot: the account's root needs no policy in its own account.
	LayerRoot
	// LayerReserved: AWS keeps the resource to itself, and it is denied.
	LayerReserved
	// LayerOpen: the action needs no policy.
	LayerOpen
	// LayerEngine: the request could not be decided, because a policy is missing
	// or stands where its kind has no place. It is denied.
	LayerEngine
	// LayerAuthorizer is LayerIdentity for a caller whose policy a Lambda authorizer gave.
	LayerAuthorizer
)

func (l Layer) String() string {
	switch l {
	case LayerServiceControl:
		return "service control policy"
	case LayerResource:
		return "resource-based policy"
	case LayerTrust:
		return "role trust policy"
	case LayerIdentity:
		return "identity-based policy"
	case LayerBoundary:
		return "permissions boundary"
	case LayerSession:
		return "session policy"
	case LayerRoot:
		return "root of the account"
	case LayerReserved:
		return "reservation of AWS"
	case LayerOpen:
		return "action open to every caller"
	case LayerEngine:
		return "engine"
	case LayerAuthorizer:
		return "authorizer's policy"
	}
	return "no layer"
}

// Ref names a statement: which of which policy.
type Ref struct {
	Policy    string // the name under which it was attached
	Statement int    // from 0
	Effect    Effect // the zero value: no statement
}

// Decision is the answer, and what made it. The zero value denies.
type Decision struct {
	Outcome Outcome
	// Layer denied explicitly, or is the first that allows nothing; or it gave
	// the allow that counted.
	Layer Layer
	// By is the statement that decided; its Effect is 0 for an implicit deny and
	// for root.
	By Ref
}

// Allowed reports whether the request may go on.
func (d Decision) Allowed() bool { return d.Outcome == Allowed }
