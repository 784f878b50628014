package function

import (
	"encoding/json"
	"regexp"
	"strings"
)

// resourcePolicy is that of a function, version or alias.
type resourcePolicy struct {
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

func (p *resourcePolicy) document(resource string) string {
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
