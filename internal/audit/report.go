package audit

import (
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/policy"
)

// Report is a record as the operator gets it: what GET /_sallyport/requests/{id}
// answers and "sallyport explain --json" prints. Members are added, never
// renamed; a member without a value is "" or 0, and policies is left out where
// no policy refused.
type Report struct {
	RequestID string       `json:"requestId"`
	At        time.Time    `json:"time"`
	Plane     string       `json:"plane"`   // control, data, program
	Outcome   string       `json:"outcome"` // passed, refused, failed
	Status    int          `json:"status"`  // of HTTP
	Took      int64        `json:"tookMicroseconds"`
	Caller    string       `json:"caller"` // ARN, or anonymous
	Source    string       `json:"source"` // address, no port
	UserAgent string       `json:"userAgent"`
	Service   string       `json:"service"`
	Operation string       `json:"operation"` // CreateUserPool; GET /pizzas/{id} of an API
	Region    string       `json:"region"`
	Resource  string       `json:"resource"` // ARN
	API       string       `json:"api"`      // id; this and the next three are of the data plane
	Stage     string       `json:"stage"`
	Route     string       `json:"route"`      // GET /pizzas/{id}, ANY /{proxy+}, $default
	Guard     string       `json:"authorizer"` // kind and name: AWS_IAM, JWT staff, NONE
	Reason    string       `json:"reason"`     // the step that decided, "" if all passed
	Steps     []ReportStep `json:"steps"`
	Policies  *Policies    `json:"policies,omitempty"`
	Within    []Report     `json:"within,omitempty"` // what the server asked of itself on the way
}

// ReportStep is one check and what came of it.
type ReportStep struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	After   int64  `json:"afterMicroseconds"` // since the request arrived
}

// Policies is why policies refused.
type Policies struct {
	Principal  string      `json:"principal"`
	Action     string      `json:"action"`
	Resource   string      `json:"resource"`
	Decision   string      `json:"decision"` // ExplicitDeny, ImplicitDeny
	Layer      string      `json:"layer"`    // that denied, or is the first that allows nothing: "identity-based policy"
	Statements []Statement `json:"statements"`
	Left       int         `json:"left"`      // statements for which there was no room
	Forgotten  bool        `json:"forgotten"` // the statements were kept no longer; the rest of this is empty
}

// Statement is what one statement of one policy had to say to the request.
type Statement struct {
	Layer     string `json:"layer"`
	Level     int    `json:"level"` // of service control policies
	Policy    string `json:"policy"`
	Statement int    `json:"statement"` // from 0
	Sid       string `json:"sid"`
	Effect    string `json:"effect"` // Allow, Deny
	Applies   bool   `json:"applies"`
	Decided   bool   `json:"decided"` // it is one that denied the request
	Clause    string `json:"clause"`  // the element that did not fit: Action, NotAction, Resource, Condition...
	Detail    string `json:"detail"`  // what that element wanted and what the request had
}

// NewReport explains what Log.Find has found; ok is false if that is nothing.
func NewReport(records []Record) (report Report, ok bool) {
	if len(records) == 0 {
		return Report{}, false
	}
	report = reportOf(&records[0])
	for i := range records[1:] {
		report.Within = append(report.Within, reportOf(&records[i+1]))
	}
	return report, true
}

// Together is one report of all that is known of one request, with what the
// server asked of itself on the way inside; ok is false if list is empty.
func Together(list []Report) (report Report, ok bool) {
	if len(list) == 0 {
		return Report{}, false
	}
	slices.SortStableFunc(list, func(a, b Report) int {
		if inner := a.Plane == PlaneProgram; inner != (b.Plane == PlaneProgram) {
			if inner {
				return 1
			}
			return -1
		}
		return a.At.Compare(b.At)
	})
	report, report.Within = list[0], nil
	report.Within = append(report.Within, list[1:]...)
	return report, true
}

func reportOf(r *Record) Report {
	out := Report{
		RequestID: r.ID, At: r.At, Plane: r.Plane, Outcome: r.Outcome.String(), Status: r.Status, Took: r.Took.Microseconds(),
		Caller: r.Caller, Source: r.Source, UserAgent: r.UserAgent, Service: r.Service, Operation: r.Operation,
		Region: r.Region, Resource: r.Resource, API: r.API, Stage: r.Stage, Route: r.Route, Guard: r.Authorizer,
		Reason: r.Why(), Steps: []ReportStep{}, Policies: policiesOf(r.Denied),
	}
	for _, s := range r.Steps() {
		out.Steps = append(out.Steps, ReportStep{s.Name, s.Outcome.String(), s.Detail, s.After.Microseconds()})
	}
	return out
}

func policiesOf(d *Denied) *Policies {
	if d == nil {
		return nil
	}
	out := &Policies{Principal: d.Principal, Action: d.Action, Resource: d.Resource, Statements: []Statement{}, Left: d.Left, Forgotten: d.Trace == nil}
	if d.Trace == nil {
		return out
	}
	decision := d.Trace.Decision
	out.Decision, out.Layer = decision.Outcome.String(), decision.Layer.String()
	for i := range d.Trace.Steps {
		out.Statements = append(out.Statements, statementOf(d, i))
	}
	return out
}

func statementOf(d *Denied, i int) Statement {
	s := &d.Trace.Steps[i]
	return Statement{
		Layer: s.Layer.String(), Level: s.Level, Policy: s.Policy, Statement: s.Statement, Sid: s.Sid, Effect: s.Effect.String(),
		Applies: s.Applies, Decided: s.Applies && s.Effect == policy.Deny && d.Trace.Decision.Outcome == policy.ExplicitDeny,
		Clause: s.Clause, Detail: s.Detail,
	}
}
