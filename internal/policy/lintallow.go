package policy

import "strings"

// escalations are actions by which whoever may do them on anything can give
// themselves every permission of the account.
var escalations = []string{
	"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey",
	"iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
	"iam:PutGroupPolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy",
	"iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile", "sts:AssumeRole",
}

// allow looks for what an Allow gives away.
func (l *linter) allow(raw *rawStatement, s *statement) {
	if raw.notAction {
		l.find(raw.at, Dangerous, "an Allow by NotAction gives every other action, also those that AWS will yet invent: list the actions")
	}
	if raw.notResource {
		l.find(raw.at, Dangerous, "an Allow by NotResource gives every other resource, also those that are yet to come: list the resources")
	}
	// A service control policy gives nothing, and the usual one is * on *.
	if raw.notAction || raw.notResource || l.kind == ServiceControl || l.kind == Trust {
		return
	}
	wide, on := allResources(s)
	for i := range s.actions {
		at := raw.actions[i].at
		switch a := &s.actions[i]; {
		case a.all && wide:
			l.find(at, Dangerous, "every action on %s makes an administrator", on)
		case a.all:
			l.find(at, Doubtful, "every action of every service: list those that are needed")
		default:
			l.reaches(at, a, s)
		}
	}
}

// reaches looks at what one action pattern takes in.
func (l *linter) reaches(at int, a *actionPattern, s *statement) {
	if takesIn(a, "iam:PassRole") && !hasCondition(s, "iam:passedtoservice", "iam:associatedresourcearn") {
		if roles, on := everyRole(s); roles {
			l.find(at, Dangerous, "%s on %s passes every role of the account, an administrator's too, to any service: name the roles, and the service by iam:PassedToService", naming(a, "iam:PassRole"), on)
			return
		}
	}
	wide, on := allResources(s)
	if !wide || len(s.conditions) > 0 {
		return
	}
	for _, action := range escalations {
		if takesIn(a, action) {
			l.find(at, Dangerous, "%s on %s lets its holder take every permission of the account", naming(a, action), on)
			return
		}
	}
}

func naming(a *actionPattern, action string) string {
	if a.tail == "" {
		return action
	}
	return quote(a.text) + ", which takes in " + action + ","
}

func takesIn(a *actionPattern, name string) bool {
	var wanted action
	wanted.fold(name)
	return a.match(&wanted)
}

func hasCondition(s *statement, keys ...string) bool {
	for i := range s.conditions {
		for _, key := range keys {
			if s.conditions[i].key.name() == key {
				return true
			}
		}
	}
	return false
}

// allResources reports whether a statement is about anything, and by which word.
func allResources(s *statement) (bool, string) {
	for i := range s.resources {
		if r := &s.resources[i]; r.all || !r.api && r.parts[partService].all && r.parts[partResource].all {
			return true, quote(r.text)
		}
	}
	return false, ""
}

// everyRole reports whether the statement covers a role that nobody named.
func everyRole(s *statement) (bool, string) {
	probe := splitARN("arn:aws:iam::000000000000:role/\x00")
	for i := range s.resources {
		r := &s.resources[i]
		// The account may be named: all its roles are too many anyway.
		if r.all || !r.api && r.parts[partService].match("iam", &facts{}) && r.parts[partResource].match(probe.parts[partResource], &facts{}) {
			return true, quote(r.text)
		}
	}
	return false, ""
}

func (l *linter) resources(raw *rawStatement, variables bool) {
	for _, r := range raw.resources {
		l.variables(r, variables, "Resource")
		if isShortAPI(r.text) || wildOnly(r.text) {
			continue
		}
		parts := strings.SplitN(r.text, ":", 6)
		for i, part := range parts {
			if i < partResource && strings.Contains(part, "${") {
				l.find(r.at, Doubtful, "a variable counts only after the fifth colon: in %s it is mere text", quote(r.text))
				break
			}
		}
		if len(parts) < 6 {
			l.find(r.at, Doubtful, "%s is not a whole ARN and is read as %s", quote(r.text), quote(completeARN(r.text)))
		}
	}
}

// variables finds what looks like a variable and is none.
func (l *linter) variables(w located, variables bool, where string) {
	rest := w.text
	for {
		at := strings.Index(rest, "${")
		if at < 0 {
			return
		}
		if !variables {
			l.find(w.at, Doubtful, "%s has a variable, which is mere text without \"Version\": \"2012-10-17\"", where)
			return
		}
		_, length, ok := readVariable(rest[at:])
		if !ok {
			l.find(w.at, Doubtful, "%s has a variable that is not closed or not well formed, which is mere text: %s", where, quote(rest[at:]))
			return
		}
		rest = rest[at+length:]
	}
}
