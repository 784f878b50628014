package awsapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
)

// Service is one AWS service: its protocol and the operations that it has here.
type Service struct {
	Name       string   // the signing name, which is the service of the credential scope: "cognito-idp"
	Protocol   Protocol // JSON, Query or REST
	Operations []Operation
	Status     map[string]int // HTTP status of error codes, where it is not the protocol's usual one
	Global     bool           // signed for us-east-1 whatever the region, as IAM is
}

// Operation is one registered operation. Op makes it.
type Operation struct {
	name   string
	access Access
	// the untyped pipeline's view of a typed handler; filled by Op
}

// Handler is an operation's work: plain values in, plain values out. A modelled
// error (types.NotAuthorizedException) is returned as it is; any other error
// leaves as InternalFailure with the request id, and its text goes to the log only.
type Handler[In, Out any] func(ctx context.Context, call *access.Call, in *In) (*Out, error)

// Op registers a handler under AWS's name for it together with who may call
// it; neither can be left out. It panics if the shapes cannot be bound.
func Op[In, Out any](name string, who Access, do Handler[In, Out], options ...Option) Operation {
	panic("not built yet")
}

// Access says who may call an operation: Public or Action.
type Access struct {
	public   bool
	anyone   bool // signed, but no permission needed: sts:GetCallerIdentity
	action   string
	resource func(call *access.Call, in any) (string, error)
}

// Public is for operations for which AWS takes no credentials.
var Public = Access{public: true}

// AnyCaller is for operations that need a valid signature but no permission.
var AnyCaller = Access{anyone: true}

// Action asks the Authorizer for action ("cognito-idp:DeleteUserPool") on the
// ARN that resource finds for the input. resource runs before the handler and
// for callers who may be refused: it must not tell whether the thing exists.
func Action[In any](action string, resource func(call *access.Call, in In) (string, error)) Access {
	panic("not built yet")
}

// AnyResource is the resource of actions that have none of their own.
func AnyResource(*access.Call, any) (string, error) { return "*", nil }

// Option adjusts the registration of one operation.
type Option func(*Operation)

// Require names the members of the input that must be there (Go field names).
// Missing ones are refused in the words of the service before the handler runs.
func Require(members ...string) Option { panic("not built yet") }

// Route binds a REST operation: HTTP method, path with {Member} labels ({Member+} for the rest of the path).
func Route(method, path string) Option { panic("not built yet") }

// InQuery, InHeader: input members that travel in the query or as a header, as
// "Member=wireName" ("Qualifier" alone where both are the same).
func InQuery(bindings ...string) Option  { panic("not built yet") }
func InHeader(bindings ...string) Option { panic("not built yet") }

// InPayload: the input member that is the body itself ([]byte or io.Reader).
func InPayload(member string) Option { panic("not built yet") }

// Status is the HTTP status of success where it is not 200.
func Status(code int) Option { panic("not built yet") }

// OutHeader, OutPayload, OutStatus: output members that leave as a header, as the body, as the HTTP status.
func OutHeader(bindings ...string) Option { panic("not built yet") }
func OutPayload(member string) Option     { panic("not built yet") }
func OutStatus(member string) Option      { panic("not built yet") }

// Protocol is how a service's messages travel. The constructors below are all there are.
type Protocol struct{ protocol protocol }

type protocol interface{}

// JSON is awsJson 1.1; targetPrefix is what X-Amz-Target has before the dot.
func JSON(targetPrefix string) Protocol { panic("not built yet") }

// Query is the Query protocol with XML answers in the namespace xmlns.
func Query(version, xmlns string) Protocol { panic("not built yet") }

// RESTNames says how a REST service writes a member's name and a timestamp.
type RESTNames struct {
	LowerFirst bool              // apiId, as in API Gateway; false: FunctionName, as in Lambda
	Renamed    map[string]string // Go field name -> wire name, for the exceptions
	ISOTime    bool              // timestamps as ISO 8601 text, as in apigatewayv2; false: epoch seconds
}

// REST is restJson1. A request belongs to the service whose operations' paths match.
func REST(names RESTNames) Protocol { panic("not built yet") }
