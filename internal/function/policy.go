package function

import (
	"encoding/json"
	"regexp"
	"strings"
)

// policy is the resource policy of a function, version or alias.
type policy struct {
	RevisionID string
	Statements []statement
}

// maxPolicy is how long a policy's text may be, in bytes.
const maxPolicy = 20 * 1024

// statement is one permission, in what AddPermission takes.
type statement struct {
	ID            string
	Principal     string
	Action        string
	SourceARN     string `json:",omitempty"`
	SourceAccount string `json:",omitempty"`
	Token         string `json:",omitempty"`
}

// document is a statement as AWS prints it. The order of members is AWS's.
type document struct {
	Sid       string                       `json:"Sid"`
	Effect    string                       `json:"Effect"`
	Principal any                          `json:"Principal"`
	Action    string                       `json:"Action"`
	Resource  string                       `json:"Resource"`
	Condition map[string]map[string]string `json:"Condition,omitempty"`
}

type policyDocument struct {
	Version   string     `json:"Version"`
	ID        string     `json:"Id"`
	Statement []document `json:"Statement"`
}

func (s statement) document(resource string) document {
	d := document{Sid: s.ID, Effect: "Allow", Principal: principalOf(s.Principal), Action: s.Action, Resource: resource}
	condition := func(operator, key, value string) {
		if value == "" {
			return
		}
		if d.Condition == nil {
			d.Condition = map[string]map[string]string{}
		}
		if d.Condition[operator] == nil {
			d.Condition[operator] = map[string]string{}
		}
		d.Condition[operator][key] = value
	}
	condition("StringEquals", "AWS:SourceAccount", s.SourceAccount)
	condition("StringEquals", "lambda:EventSourceToken", s.Token)
	condition("ArnLike", "AWS:SourceArn", s.SourceARN)
	return d
}

func (p *policy) document(resource string) string {
	d := policyDocument{Version: "2012-10-17", ID: "default", Statement: make([]document, 0, len(p.Statements))}
	for _, s := range p.Statements {
		d.Statement = append(d.Statement, s.document(resource))
	}
	return plainJSON(d)
}

// plainJSON leaves < > & as they are, as AWS does.
func plainJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and maps of strings
	return strings.TrimSuffix(b.String(), "\n")
}

var (
	accountForm          = regexp.MustCompile(`^\d{12}$`)
	servicePrincipalForm = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)$`)
	principalARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/[\w+=,.@/-]+)$`)
	sourceARNForm        = regexp.MustCompile(`^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)$`)
	actionForm           = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	statementIDForm      = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,100}$`)
)

func principalOf(principal string) any {
	switch {
	case principal == "*":
		return "*"
	case accountForm.MatchString(principal):
		return map[string]string{"AWS": "arn:aws:iam::" + principal + ":root"}
	case strings.HasPrefix(principal, "arn:"):
		return map[string]string{"AWS": principal}
	}
	return map[string]string{"Service": principal}
}

// Source is on whose behalf an AWS service invokes a function.
type Source struct {
	Service string // "apigateway.amazonaws.com"
	ARN     string // of the method, rule, pool ... that causes the call
	Account string // that owns it
}

// permission is a compiled statement.
type permission struct {
	service string // "*" for any
	arn     *arnPattern
	account string
	closed  bool // for a principal or a condition that no service can meet
}

func compile(p *policy) []permission {
	if p == nil {
		return nil
	}
	list := make([]permission, 0, len(p.Statements))
	for _, s := range p.Statements {
		c := permission{service: s.Principal, account: s.SourceAccount}
		if s.SourceARN != "" {
			c.arn = compileARN(s.SourceARN)
		}
		invokes := s.Action == "*" || s.Action == "lambda:*" || strings.EqualFold(s.Action, "lambda:InvokeFunction")
		// A token is something that only Alexa sends; accounts and ARNs are callers with credentials.
		c.closed = !invokes || s.Token != "" || principalOf(s.Principal) != any("*") && !servicePrincipalForm.MatchString(s.Principal)
		list = append(list, c)
	}
	return list
}

// permitted reports whether any statement lets the source in. Without one it does not.
func permitted(list []permission, from Source) bool {
	for i := range list {
		p := &list[i]
		switch {
		case p.closed || from.Service == "":
		case p.service != "*" && p.service != from.Service:
		case p.account != "" && p.account != from.Account:
		case p.arn != nil && !p.arn.matches(from.ARN):
		default:
			return true
		}
	}
	return false
}

// arnPattern is IAM's ArnLike: each of the six parts is matched on its own, so
// that no '*' reaches beyond its part.
type arnPattern struct{ parts [6]string }

// compileARN takes what sourceARNForm has passed.
func compileARN(pattern string) *arnPattern {
	p := new(arnPattern)
	copy(p.parts[:], strings.SplitN(pattern, ":", 6))
	return p
}

func (p *arnPattern) matches(arn string) bool {
	for i, pattern := range p.parts {
		part, rest, more := strings.Cut(arn, ":")
		if i == 5 {
			part = arn
		} else if !more {
			return false
		}
		if !like(pattern, part) {
			return false
		}
		arn = rest
	}
	return true
}

// like matches '*' and '?' in time linear in the text for each '*'.
func like(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Permitted reports whether the resource policy of functionARN (with its
// qualifier, if it has one) lets a service invoke it for the source. A function
// that does not exist permits nothing.
func (s *Service) Permitted(from Source, functionARN string) bool {
	t, ok := s.parseARN(functionARN)
	if !ok {
		return false
	}
	e := s.current.Load().functions[key{t.region, t.name}]
	return e != nil && permitted(e.permissions[t.qualifier], from)
}

// parseARN takes full ARNs of this deployment only.
func (s *Service) parseARN(arn string) (target, bool) {
	if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 6 {
		return target{}, false
	}
	t, ok := parseName(arn, "", "")
	return t, ok && t.account == s.account && t.region != ""
}
