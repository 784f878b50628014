package awsapi

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
)

// Service is one AWS service: its protocol and the operations that it has here.
type Service struct {
	Name       string   // by which programs call it and records name it: "cognito-idp"
	SignedAs   string   // the service of the credential scope, where that is another than Name
	Protocol   Protocol // JSON, Query or REST
	Operations []Operation
	Status     map[string]int // HTTP status of error codes, where it is not the protocol's usual one
	Global     bool           // lives in us-east-1 whatever region the client signs for, as IAM does

	// Unions are those that inputs of the operations have. Query alone reads them.
	Unions []Union

	// Document makes the SDK's free-form member of what was read (DocumentOf).
	// Without it, no input may have one.
	Document Document

	// InvalidInput is the error code for an input that lacks a required member;
	// "" for ValidationException (ValidationError in Query).
	InvalidInput string
	// CORS lets pages of any origin call the Public operations, as Cognito does.
	CORS bool
}

// Operation is one registered operation. Op makes it.
type Operation struct {
	name     string
	access   Access
	in, out  reflect.Type // structs
	do       Untyped
	required []string
	http     httpBinding
}

// Handler is an operation's work: plain values in, plain values out. A modelled
// error (types.NotAuthorizedException) is returned as it is; any other error
// leaves as InternalFailure with the request id, and its text goes to the log only.
type Handler[In, Out any] func(ctx context.Context, call *access.Call, in *In) (*Out, error)

// Untyped is a Handler seen from the pipeline: in and the result are pointers to the operation's shapes.
type Untyped func(ctx context.Context, call *access.Call, in any) (any, error)

// Op registers a handler under AWS's name for it together with who may call
// it; neither can be left out. It panics on a mistake that it can see; New
// panics if the shapes cannot be bound.
func Op[In, Out any](name string, who Access, do Handler[In, Out], options ...Option) Operation {
	if do == nil {
		panic("awsapi: operation " + name + " has no handler")
	}
	return OpOf(name, who, reflect.TypeFor[In](), reflect.TypeFor[Out](),
		func(ctx context.Context, call *access.Call, in any) (any, error) {
			out, err := do(ctx, call, in.(*In))
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(Out)
			}
			return out, nil
		}, options...)
}

// OpOf is Op for shapes that are known only as types. Services use Op; proofs
// over all operations of an SDK client use this.
func OpOf(name string, who Access, in, out reflect.Type, do Untyped, options ...Option) Operation {
	o := Operation{name: name, access: who, in: in, out: out, do: do}
	for _, option := range options {
		option(&o)
	}
	if !who.public && !who.anyone && who.action == "" {
		panic("awsapi: operation " + name + " does not say who may call it")
	}
	if who.input != nil && who.input != reflect.PointerTo(in) && who.input.Kind() != reflect.Interface {
		panic(fmt.Sprintf("awsapi: operation %s takes %s, but its resource is found from %s", name, in, who.input))
	}
	return o
}

// Name is AWS's name of the operation.
func (o Operation) Name() string { return o.name }

// Shapes are the struct types of its input and output.
func (o Operation) Shapes() (in, out reflect.Type) { return o.in, o.out }

// Required are the members that Require named.
func (o Operation) Required() []string { return slices.Clone(o.required) }

// IsPublic reports whether it takes no credentials.
func (o Operation) IsPublic() bool { return o.access.public }

// StatusMember is the output member that OutStatus named, or "".
func (o Operation) StatusMember() string { return o.http.outStatus }

// Doing is the same registration with other work behind it: what a proof of the wire needs.
func (o Operation) Doing(who Access, do Untyped) Operation {
	o.access, o.do = who, do
	return o
}

// Access says who may call an operation: Public, AnyCaller or Action. The zero
// value is refused at registration.
type Access struct {
	public   bool
	anyone   bool // signed, but no permission needed: sts:GetCallerIdentity
	action   string
	input    reflect.Type // what resource takes
	resource func(call *access.Call, in any) (string, error)
}

// Public is for operations for which AWS takes no credentials. A signature on
// such a call is not looked at, as at AWS: the caller stays anonymous.
var Public = Access{public: true}

// AnyCaller is for operations that need a valid signature but no permission.
var AnyCaller = Access{anyone: true}

// Action asks the Authorizer for action ("cognito-idp:DeleteUserPool") on the
// ARN that resource finds for the input. resource runs before the handler and
// for callers who may be refused: it must not tell whether the thing exists.
func Action[In any](action string, resource func(call *access.Call, in In) (string, error)) Access {
	if action == "" || resource == nil || !strings.Contains(action, ":") {
		panic("awsapi: an action is service:Name and has a resource: " + action)
	}
	return Access{
		action: action,
		input:  reflect.TypeFor[In](),
		resource: func(call *access.Call, in any) (string, error) {
			return resource(call, in.(In))
		},
	}
}

// AnyResource is the resource of actions that have none of their own.
func AnyResource(*access.Call, any) (string, error) { return "*", nil }
