package policy

// Request is one question: may the principal do this to that?
type Request struct {
	Principal Principal
	Action    string // "service:Name"
	Resource  string // an ARN, or "*" for an action that concerns no resource
	// ResourceAccount owns the resource when its ARN does not say, as with S3.
	// "" means the principal's own.
	ResourceAccount string
	Context         Context // may be nil
}

// Attached is a policy under the name by which decisions speak of it.
type Attached struct {
	Name   string
	Policy *Policy
}

// Set is all the policies that apply to a request. An empty layer is one that
// does not apply. Each layer's policies stand together: any of them may allow.
type Set struct {
	Identity       []Attached
	Boundary       []Attached
	Session        []Attached
	ServiceControl [][]Attached // one list a level, each of which must allow
	Resource       Attached     // zero when the resource has none
	// ResourceMustAllow is for resources whose own policy has the last word in
	// their own account, too: see ResourceMustAllow. It is implied by a trust
	// policy.
	ResourceMustAllow bool
	Reserved          bool // nothing allows it: see Reserved
	Open              bool // every caller but an anonymous one may do it: see Open
}

// Evaluate decides. It allocates nothing if the Context does not.
func Evaluate(r *Request, s *Set) Decision { return evaluate(r, s, nil) }

// Explain decides as Evaluate does and tells, statement by statement, how. It
// looks at every statement, where Evaluate stops as soon as it knows.
func Explain(r *Request, s *Set) (Decision, *Trace) {
	t := &Trace{}
	d := evaluate(r, s, t)
	t.Decision = d
	return d, t
}

// evaluation is a request under way.
type evaluation struct {
	request  *Request
	action   action
	resource name
	// The list of resources that was looked at last, and what came of it.
	resources *arnPattern
	concerned bool
	bounded   bool // the principal has a permissions boundary
	facts     facts
	trace     *Trace
	// deny is the first explicit one.
	deny  Decision
	found bool
}

// answer of a layer: its first allow, and the strongest way in which its allows
// name the caller.
type answer struct {
	grant grant
	by    Ref
}

func (a answer) allows() bool { return a.grant > notNamed }

func evaluate(r *Request, s *Set, t *Trace) Decision {
	if r == nil || s == nil || r.Action == "" || len(r.Action) > maxAction || !s.sound() {
		return Decision{Layer: LayerEngine}
	}
	e := evaluation{request: r, resource: splitARN(r.Resource), bounded: len(s.Boundary) > 0, trace: t}
	e.action.fold(r.Action)
	e.facts.context = r.Context
	guarded := true
	var guard answer
	for level := range s.ServiceControl {
		guard = e.ask(LayerServiceControl, level, s.ServiceControl[level])
		guarded = guarded && guard.allows()
		if e.done() {
			return e.deny
		}
	}
	onResource := LayerResource
	var resource answer
	if p := s.Resource.Policy; p != nil {
		if p.kind == Trust {
			onResource = LayerTrust
		}
		resource = e.askOne(onResource, 0, &s.Resource, resource)
		if e.done() {
			return e.deny
		}
	}
	onIdentity := LayerIdentity
	if len(s.Identity) > 0 && s.Identity[0].Policy.kind == Authorizer {
		onIdentity = LayerAuthorizer
	}
	identity := e.ask(onIdentity, 0, s.Identity)
	if e.done() {
		return e.deny
	}
	boundary := e.ask(LayerBoundary, 0, s.Boundary)
	if e.done() {
		return e.deny
	}
	session := e.ask(LayerSession, 0, s.Session)
	if e.found {
		return e.deny
	}
	return e.combine(s, guarded, onResource, onIdentity, resource, identity, boundary, session)
}

// combine makes one decision of the layers' allows; none of them denies.
func (e *evaluation) combine(s *Set, guarded bool, onResource, onIdentity Layer, resource, identity, boundary, session answer) Decision {
	p := &e.request.Principal
	switch {
	case s.Reserved:
		return Decision{Layer: LayerReserved}
	case s.Open && p.Caller != Anonymous:
		return Decision{Outcome: Allowed, Layer: LayerOpen}
	}
	switch p.Caller {
	case Anonymous, Service, Federated:
		// They have no policies of their own, nor an account that guards them.
		return either(resource.allows(), onResource, resource)
	}
	if !guarded {
		return Decision{Layer: LayerServiceControl}
	}
	if owner := e.owner(); owner == p.Account {
		// Whoever is named as themselves, a session by its own ARN and everybody by *
		// too, is allowed past what identity, boundary and session policies leave out:
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html.
		if resource.grant == byName {
			// A session policy given to a caller who is no session stands for one of
			// theirs. What names them was theirs before it, so it is limited, too:
			// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session.
			if !p.isSession() && len(s.Session) > 0 && !session.allows() {
				return Decision{Layer: LayerSession}
			}
			return Decision{Outcome: Allowed, Layer: onResource, By: resource.by}
		}
		if (s.ResourceMustAllow || onResource == LayerTrust) && !resource.allows() {
			return Decision{Layer: onResource}
		}
	} else if !resource.allows() {
		return Decision{Layer: onResource}
	} else if resource.grant == byIssuer {
		resource.grant = byAccount // abroad a role's own policies count as well
	}
	d := either(identity.allows(), onIdentity, identity)
	switch {
	case resource.grant == byIssuer:
		d = Decision{Outcome: Allowed, Layer: onResource, By: resource.by}
	case p.Caller == Root:
		d = Decision{Outcome: Allowed, Layer: LayerRoot}
	}
	switch {
	case !d.Allowed():
	case len(s.Boundary) > 0 && !boundary.allows():
		d = Decision{Layer: LayerBoundary}
	case len(s.Session) > 0 && !session.allows():
		d = Decision{Layer: LayerSession}
	}
	return d
}

func either(allowed bool, layer Layer, a answer) Decision {
	if !allowed {
		return Decision{Layer: layer}
	}
	return Decision{Outcome: Allowed, Layer: layer, By: a.by}
}

// owner is the account of the resource.
func (e *evaluation) owner() string {
	if account := e.resource.parts[partAccount]; isAccount(account) {
		return account
	}
	if e.request.ResourceAccount != "" {
		return e.request.ResourceAccount
	}
	return e.request.Principal.Account
}

func (e *evaluation) ask(layer Layer, level int, policies []Attached) answer {
	var a answer
	for i := range policies {
		a = e.askOne(layer, level, &policies[i], a)
		if e.done() {
			break
		}
	}
	return a
}

// concerns reports whether any of the patterns matches the resource. Statements
// that were written with the same list share it.
func (e *evaluation) concerns(list []arnPattern) bool {
	if e.resources != &list[0] {
		e.lookAt(list)
	}
	return e.concerned
}

func (e *evaluation) lookAt(list []arnPattern) {
	e.resources, e.concerned = &list[0], false
	for i := range list {
		if p := &list[i]; p.screen.lets(&e.resource.last) && p.match(&e.resource, &e.facts) {
			e.concerned = true
			return
		}
	}
}

// askOne goes on with what the policies of the layer before it said.
func (e *evaluation) askOne(layer Layer, level int, from *Attached, a answer) answer {
	for i, g := range from.Policy.glances {
		// It is about another service, or nothing that it says could change anything.
		if e.trace == nil && (g.service != 0 && g.service != e.action.service || g.effect == Allow && a.grant == byName) {
			continue
		}
		s := &from.Policy.statements[i]
		v := s.apply(e)
		if e.trace != nil {
			e.trace.add(e, layer, level, from, i, v)
		}
		if v.failed != applies {
			continue
		}
		by := Ref{from.Name, i, s.effect}
		if s.effect == Deny {
			if !e.found {
				e.found = true
				e.deny = Decision{ExplicitDeny, layer, by}
			}
			if e.done() {
				return a
			}
			continue
		}
		if v.grant > a.grant {
			a = answer{v.grant, by}
		}
	}
	return a
}

// done: a deny ends it, but whoever explains wants to see the rest.
func (e *evaluation) done() bool { return e.found && e.trace == nil }

// sound reports whether each policy is there and stands in its place: one that
// is missing may have been a deny.
func (s *Set) sound() bool {
	for _, level := range s.ServiceControl {
		if !allOfKind(level, false) {
			return false
		}
	}
	if s.Resource.Policy != nil && !s.Resource.Policy.kind.onResource() {
		return false
	}
	return allOfKind(s.Identity, false) && allOfKind(s.Boundary, false) && allOfKind(s.Session, false)
}

func allOfKind(list []Attached, onResource bool) bool {
	for i := range list {
		if list[i].Policy == nil || list[i].Policy.kind.onResource() != onResource {
			return false
		}
	}
	return true
}
