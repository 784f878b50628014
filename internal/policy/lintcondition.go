package policy

import (
	"encoding/base64"
	"strings"
)

// globalKeys are AWS's own, in lower case; those with a slash go on with a name.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
var globalKeys = stringSet(`aws:assumedroot aws:calledvia aws:calledviafirst aws:calledvialast aws:chatbotsourcearn aws:currenttime
aws:ec2instancesourceprivateipv4 aws:ec2instancesourcevpc aws:epochtime aws:federatedprovider aws:ismcpserviceaction aws:multifactorauthage
aws:multifactorauthpresent aws:principalaccount aws:principalarn aws:principalisawsservice aws:principalorgid aws:principalorgpaths
aws:principalservicename aws:principalservicenameslist aws:principaltype aws:referer aws:requestedregion aws:resourceaccount
aws:resourceorgid aws:resourceorgpaths aws:securetransport aws:sourceaccount aws:sourcearn aws:sourceidentity aws:sourceip
aws:sourceorgid aws:sourceorgpaths aws:sourceowner aws:sourcevpc aws:sourcevpcarn aws:sourcevpce aws:tagkeys aws:tokenissuetime aws:useragent
aws:userid aws:username aws:viaawsmcpservice aws:viaawsservice aws:vpceaccount aws:vpceorgid aws:vpceorgpaths aws:vpcsourceip`)

var globalFamilies = []string{"aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"}

// multiKeys may have several values in a request.
var multiKeys = stringSet(`aws:calledvia aws:principalorgpaths aws:principalservicenameslist aws:resourceorgpaths aws:sourceorgpaths
aws:vpceorgpaths aws:tagkeys sts:transitivetagkeys cognito-identity.amazonaws.com:amr`)

func stringSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

func (l *linter) conditions(raw *rawStatement, s *statement, variables bool) {
	for _, c := range raw.conditions {
		op, _ := parseOperator(c.operator)
		if op.name != c.operator {
			l.find(c.at, Doubtful, "the operator is written %s", op.name)
		}
		for _, k := range c.keys {
			l.key(k, op)
			l.meaning(k, op, s)
			for _, v := range k.values {
				l.value(v, k.key, op, variables)
			}
			if len(k.values) == 0 {
				l.find(k.at, Doubtful, "%s has no values to compare %s with", op.name, k.key)
			}
		}
	}
}

func (l *linter) key(k rawKey, op operator) {
	key := foldKey(k.key)
	service, _, found := strings.Cut(key, ":")
	switch {
	case !found || service == "":
		l.find(k.at, Doubtful, "%s is no condition key: keys begin with aws: or a service", quote(k.key))
	case service == "aws" && !isGlobalKey(key):
		l.find(k.at, Doubtful, "there is no condition key %s: no request has it", k.key)
	case multiKeys[key] && op.set == noSet && op.family != null:
		l.find(k.at, Doubtful, "%s may have several values: without ForAnyValue or ForAllValues the condition fails when it has", k.key)
	case op.set != noSet && isGlobalKey(key) && !multiKeys[key]:
		l.find(k.at, Doubtful, "%s has one value: a set operator is of no use, and ForAllValues holds when it is absent", k.key)
	}
}

func isGlobalKey(key string) bool {
	for _, f := range globalFamilies {
		if strings.HasPrefix(key, f) && len(key) > len(f) {
			return true
		}
	}
	return globalKeys[key]
}

// meaning finds conditions that hold, or fail, in cases that their author has
// not thought of: mostly when the key is absent.
func (l *linter) meaning(k rawKey, op operator, s *statement) {
	key := foldKey(k.key)
	switch {
	case s.effect == Allow && op.set == forAll && !guarded(s, key):
		l.find(k.at, Dangerous, `ForAllValues holds when %s is absent, so this allows such requests: add "Null": {"%s": "false"}`, k.key, k.key)
	case s.effect == Allow && op.ifExists && key == "aws:multifactorauthpresent":
		l.find(k.at, Dangerous, "requests by long-term keys have no %s, so IfExists allows them without a second factor", k.key)
	case s.effect == Deny && op.family == booleans && !op.ifExists && key == "aws:multifactorauthpresent":
		l.find(k.at, Doubtful, "requests by long-term keys have no %s, so this does not deny them: write BoolIfExists", k.key)
	case s.effect == Allow && op.negated && op.set == noSet && !guarded(s, key) && !always(key):
		l.find(k.at, Doubtful, `%s holds when %s is absent, so this allows such requests: add "Null": {"%s": "false"}`, op.name, k.key, k.key)
	}
}

// always: keys that every request has.
func always(key string) bool {
	switch key {
	case "aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:requestedregion":
		return true
	}
	return false
}

// guarded reports whether the statement insists elsewhere that the key is there.
func guarded(s *statement, key string) bool {
	for i := range s.conditions {
		k := s.conditions[i]
		if k.key.name() != key {
			continue
		}
		if k.op.family == null && len(k.texts) == 1 && strings.EqualFold(k.texts[0].text, "false") {
			return true
		}
		if k.op.family != null && !k.op.negated && !k.op.ifExists && k.op.set != forAll {
			return true
		}
	}
	return false
}

// value finds values that the operator cannot read, or reads otherwise.
func (l *linter) value(v located, key string, op operator, variables bool) {
	takesVariables := false
	fault := ""
	switch op.family {
	case texts, foldedTexts:
		takesVariables = true
		if bare := strings.NewReplacer("${*}", "", "${?}", "").Replace(v.text); strings.ContainsAny(bare, "*?") {
			l.find(v.at, Doubtful, "%s takes %s literally: wildcards are for StringLike", op.name, quote(v.text))
		}
	case likeTexts:
		takesVariables = true
	case booleans:
		takesVariables = true
		if !isBool(v.text) && !strings.Contains(v.text, "${") {
			fault = "true or false"
		}
	case null:
		if !isBool(v.text) {
			fault = "true or false"
		}
	case arns:
		takesVariables = true
		if p := compileARNValue(v.text, variables); p.never {
			fault = "an ARN in six parts, such as arn:aws:iam::*:role/*"
		}
	case numbers:
		if _, ok := parseDecimal(v.text); !ok {
			fault = "a number"
		}
	case addresses:
		n, ok := parseNetwork(v.text)
		switch {
		case !ok:
			fault = "an address or a network such as 203.0.113.0/24"
		case n.bits == 0 && !op.negated:
			l.find(v.at, Dangerous, "%s is every address there is", v.text)
		}
	case binaries:
		if _, err := base64.StdEncoding.DecodeString(v.text); err != nil {
			fault = "base64"
		}
	}
	if takesVariables {
		l.variables(v, variables, "the value for "+key)
	}
	if fault != "" {
		l.find(v.at, Doubtful, "%s for %s matches nothing: %s wants %s", quote(v.text), key, op.name, fault)
	}
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }
