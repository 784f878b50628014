package policy

import "strconv"

// statement is a rawStatement made ready: what it compares with is parsed, and
// no part of it changes any more.
type statement struct {
	effect       Effect
	addressed    bool // the kind of policy has principals
	notPrincipal bool
	notAction    bool
	notResource  bool
	actions      []actionPattern
	resources    []arnPattern // none in a trust policy: any
	conditions   []*condition
	principals   []principalMatch
	sid          string
}

// glance is what tells most statements apart. Those of a policy lie side by
// side, so that passing a statement over costs next to nothing.
type glance struct {
	service uint64 // the hash of the one that all of its actions belong to, or 0
	effect  Effect
}

func glanceAt(s *statement) glance {
	g := glance{effect: s.effect}
	if one := service(s.actions); one != "" && !s.notAction {
		g.service = hash([]byte(one))
	}
	return g
}

func compile(kind Kind, d *document, size int) *Policy {
	p := &Policy{kind: kind, doc: d, size: size, statements: make([]statement, len(d.statements)), glances: make([]glance, len(d.statements))}
	variables := d.version == version2012
	alike := likeness{map[string][]actionPattern{}, map[string][]arnPattern{}, map[string]*condition{}, 0}
	for i := range d.statements {
		raw, s := &d.statements[i], &p.statements[i]
		*s = statement{sid: raw.sid, effect: Deny, notPrincipal: raw.notPrincipal, notAction: raw.notAction, notResource: raw.notResource}
		if raw.effect == "Allow" {
			s.effect = Allow
		}
		s.addressed = kind.onResource()
		for _, named := range raw.principals {
			if !s.addressed {
				break
			}
			for _, v := range named.values {
				s.principals = append(s.principals, compilePrincipal(named.sort, v.text, kind))
			}
		}
		s.actions = share(alike.actions, raw.actions, compileAction)
		p.glances[i] = glanceAt(s)
		s.resources = share(alike.resources, raw.resources, func(text string) arnPattern { return compileResource(text, variables) })
		for _, c := range raw.conditions {
			op, _ := parseOperator(c.operator)
			for _, k := range c.keys {
				s.conditions = append(s.conditions, alike.condition(op, k, variables))
			}
		}
	}
	return p
}

// likeness holds the lists that statements of a policy have alike. They stand in
// memory once, and what a request has found out of one holds for the others.
type likeness struct {
	actions    map[string][]actionPattern
	resources  map[string][]arnPattern
	conditions map[string]*condition
	shared     uint8 // the place that was given away last
}

// share compiles a list of words, unless the same list was compiled before.
func share[T any](known map[string][]T, words []located, compile func(text string) T) []T {
	key := together(words)
	list, ok := known[key]
	if !ok {
		for _, w := range words {
			list = append(list, compile(w.text))
		}
		known[key] = list
	}
	return list
}

func (l *likeness) condition(op operator, k rawKey, variables bool) *condition {
	key := together([]located{{text: op.name}, {text: k.key}}) + together(k.values)
	c, ok := l.conditions[key]
	switch {
	case !ok:
		c = compileCondition(op, k.key, k.values, variables)
		l.conditions[key] = c
	case c.shared == 0:
		l.shared = l.shared%remembered + 1
		c.shared = l.shared
	}
	return c
}

func together(words []located) string {
	var key []byte
	for _, w := range words {
		key = strconv.AppendQuote(key, w.text)
	}
	return string(key)
}

// clause is the part of a statement that kept it from applying. The zero value
// means that it applies.
type clause uint8

const (
	applies clause = iota
	principalClause
	actionClause
	resourceClause
	conditionClause
)

// verdict of one statement: where it failed, or how it names the caller.
type verdict struct {
	failed    clause
	condition int // which one, when that is what failed
	grant     grant
}

// apply is the only place where a statement meets a request; tracing calls it
// just as deciding does.
func (s *statement) apply(e *evaluation) verdict {
	v := verdict{grant: byName}
	if !s.actsOn(e) {
		v.failed = actionClause
		return v
	}
	if s.addressed {
		if v.grant = s.named(e); v.grant == notNamed {
			v.failed = principalClause
			return v
		}
	}
	if len(s.resources) > 0 && !s.covers(e) {
		v.failed = resourceClause
		return v
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(&e.facts) {
			v.failed, v.condition = conditionClause, i
			return v
		}
	}
	return v
}

func (s *statement) actsOn(e *evaluation) bool {
	return e.action.isAmong(s.actions) != s.notAction
}

// covers: a NotResource whose variable has no value says nothing certain, so it
// allows nothing and denies everything.
func (s *statement) covers(e *evaluation) bool {
	if e.concerns(s.resources) {
		return !s.notResource
	}
	if !s.notResource || s.effect == Deny {
		return s.notResource
	}
	for i := range s.resources {
		if !s.resources[i].resolvable(&e.facts) {
			return false
		}
	}
	return true
}

func (s *statement) named(e *evaluation) grant {
	p := &e.request.Principal
	if len(s.principals) == 0 {
		return notNamed
	}
	if s.notPrincipal {
		return namedIf(!s.exempt(p, e.bounded))
	}
	best := notNamed
	for i := range s.principals {
		best = max(best, s.principals[i].names(p))
	}
	return best
}

// exempt decides NotPrincipal. For an Allow whoever is named in any way is left
// out. For a Deny their account is not enough, and a session must be named
// together with its role; and nobody is spared who has a permissions boundary.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
func (s *statement) exempt(p *Principal, bounded bool) bool {
	var account, issuer, self bool
	for i := range s.principals {
		switch s.principals[i].names(p) {
		case byAccount:
			account = true
		case byIssuer:
			issuer = true
		case byName:
			self = true
			issuer = issuer || s.principals[i].wildcard
		}
	}
	if s.effect == Allow {
		return account || issuer || self
	}
	if bounded {
		return false
	}
	switch p.Caller {
	case FederatedUser:
		return self && (issuer || p.Issuer == "")
	case RoleSession:
		return self && issuer
	case Role:
		return self || issuer
	}
	return self
}
