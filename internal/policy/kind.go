package policy

import "fmt"

// Kind says where a policy stands, which decides the elements that it may have.
type Kind uint8

const (
	// Identity is an inline policy of a user, group or role.
	Identity Kind = iota + 1
	// Managed is a policy with an ARN of its own, also one that serves as a
	// permissions boundary. It must have the version 2012-10-17.
	Managed
	// Session is passed along when temporary credentials are made.
	Session
	// ServiceControl is an organization's guardrail.
	ServiceControl
	// Resource is attached to a resource and says who may use it.
	Resource
	// Trust is the resource policy of a role: who may assume it. It has no
	// Resource element, for it stands on the role.
	Trust
	// Authorizer is what a Lambda authorizer answers: what the caller whom it has
	// proved may call. It is written like an identity policy.
	Authorizer
)

func (k Kind) String() string {
	switch k {
	case Identity:
		return "identity policy"
	case Managed:
		return "managed policy"
	case Session:
		return "session policy"
	case ServiceControl:
		return "service control policy"
	case Resource:
		return "resource policy"
	case Trust:
		return "trust policy"
	case Authorizer:
		return "authorizer's policy"
	}
	return fmt.Sprintf("policy of unknown kind %d", uint8(k))
}

// onResource reports whether policies of this kind name principals.
func (k Kind) onResource() bool { return k == Resource || k == Trust }

func (k Kind) valid() bool { return k >= Identity && k <= Authorizer }

// MaxDocument is the most bytes that Parse reads, the bound of AWS's API
// models. What may be stored is less: see Limit.
const MaxDocument = 131072

// Limit is how many characters a stored policy of this kind may have, by
// Policy.Size. Inline policies have no limit each: all those of a user may have
// 2048 together, of a group 5120 and of a role 10240.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
func Limit(k Kind) int {
	switch k {
	case Managed:
		return 6144
	case Session, Trust:
		return 2048
	case ServiceControl:
		return 10240
	case Resource:
		return 20480
	}
	return MaxDocument
}
