package authorizer

import "github.com/sallyport/sallyport/internal/policy"

// Invoke is the one action that an authorizer's policy is asked about.
const Invoke = "execute-api:Invoke"

// Question is one request for one method.
type Question struct {
	Account    string // that owns the API
	ARN        string // of the method, with the path that was sent
	Conditions policy.Context
}

// Decide asks the answer's policy. The zero Answer denies.
func (a *Answer) Decide(q *Question) policy.Decision {
	if len(a.policy) == 0 {
		return a.simple()
	}
	r, s := a.ask(q)
	return policy.Evaluate(&r, &s)
}

// Explain decides as Decide does and tells how, for the operator. There is no
// trace of a simple response.
func (a *Answer) Explain(q *Question) (policy.Decision, *policy.Trace, string) {
	if len(a.policy) == 0 {
		d := a.simple()
		if d.Allowed() {
			return d, nil, "the function said isAuthorized"
		}
		return d, nil, "the function did not say isAuthorized"
	}
	r, s := a.ask(q)
	d, trace := policy.Explain(&r, &s)
	return d, trace, trace.Reason(&r)
}

func (a *Answer) simple() policy.Decision {
	if a.yes {
		return policy.Decision{Outcome: policy.Allowed, Layer: policy.LayerAuthorizer}
	}
	return policy.Decision{Layer: policy.LayerAuthorizer}
}

// ask: to the engine the caller is a user of the API's account who has this one
// policy. Nothing that the function said of them becomes a condition's value.
func (a *Answer) ask(q *Question) (policy.Request, policy.Set) {
	return policy.Request{
		Principal: policy.Principal{Caller: policy.User, Account: q.Account, ARN: a.Principal},
		Action:    Invoke, Resource: q.ARN, ResourceAccount: q.Account, Context: q.Conditions,
	}, policy.Set{Identity: a.policy}
}
