package audit

import (
	"time"

	"github.com/sallyport/sallyport/internal/policy"
)

// Outcome says how a step, or a whole request, ended. The zero value is
// Refused, so that a record that nobody finished never reads as a success.
type Outcome uint8

const (
	Refused Outcome = iota // the caller may not, or could not be proved
	Failed                 // something behind the check went wrong
	Passed
)

func (o Outcome) String() string {
	switch o {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	default:
		return "refused"
	}
}

// Step is one check of a request and what came of it. Detail is for the
// operator's eyes and must hold no token, password or secret: names of claims,
// expected and found values that are public, the rule that decided.
type Step struct {
	Name    string
	Outcome Outcome
	Detail  string
	After   time.Duration // since the request arrived
}

// maxSteps bounds a record. The longest journey (a guarded, validated, proxied
// call) has ten steps; a record keeps the first maxSteps-1 and the last.
const maxSteps = 16

// The planes on which requests come.
const (
	PlaneControl = "control" // AWS's APIs
	PlaneData    = "data"    // APIs that people have made
	PlaneProgram = "program" // what the server asks of itself, for a template or on the way of another request
)

// Record is everything about one request that an operator may want to know.
// It is owned by the goroutine that serves the request until Log.Write.
type Record struct {
	ID        string
	At        time.Time
	Plane     string // PlaneControl, PlaneData or PlaneProgram
	Source    string // client address, no port
	UserAgent string

	Service   string // "cognito-idp"; "execute-api" on the data plane
	Operation string // "CreateUserPool"; "GET /pizzas/{id}" on the data plane
	Region    string
	Resource  string // ARN of what was asked for, when known
	Caller    string // ARN of the proven caller, or "anonymous"

	// On the data plane, as far as the request came; "" elsewhere.
	API        string // id
	Stage      string // name
	Route      string // as its owner wrote it: "GET /pizzas/{id}", "ANY /{proxy+}", "$default"
	Authorizer string // kind, and name if it has one: "AWS_IAM", "JWT staff", "NONE"

	Status  int
	Outcome Outcome
	Took    time.Duration

	// Denied is the policy decision that refused the request; nil if none did.
	Denied *Denied

	steps [maxSteps]Step
	n     int
}

// Denied is a decision of policies, as it has to be explained to an operator:
// who wanted what, and what each statement had to say. What Log.Find returns is
// shared and must not be changed.
type Denied struct {
	Principal string // ARN
	Action    string
	Resource  string
	Trace     *policy.Trace // nil once there was no room for it any more
	Left      int           // statements that were asked and are not in Trace, for want of room
}

// Note appends a step. Past the limit the last one is overwritten, because the
// step that decided is the one that matters.
func (r *Record) Note(name string, outcome Outcome, detail string, now time.Time) {
	if r == nil {
		return
	}
	i := r.n
	if i == maxSteps {
		i--
	} else {
		r.n++
	}
	r.steps[i] = Step{Name: name, Outcome: outcome, Detail: detail, After: now.Sub(r.At)}
}

// Steps returns the steps so far, first to last; valid until the next Note.
func (r *Record) Steps() []Step { return r.steps[:r.n] }
