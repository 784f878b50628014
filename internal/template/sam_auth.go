package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// readAuth makes the authorizers of an API and finds its default.
func (a *guardedAPI) readAuth(auth *node) bool {
	a.authorizers = map[string]*node{}
	if auth == nil {
		return true
	}
	before := len(a.problems)
	if all := auth.get("Authorizers"); all != nil {
		for _, f := range all.fields {
			a.authorizer(f)
		}
	}
	if d := auth.get("DefaultAuthorizer"); d != nil {
		a.standard = d.text
		a.knowsAuthorizer(d.at, d.text)
	}
	return len(a.problems) == before
}

// awsIAM guards by the caller's signature and policies, without an authorizer of the API's own.
const awsIAM = "AWS_IAM"

// authorizerOf is the name of what guards a route, "" for nothing, and where it is said.
func (a *guardedAPI) authorizerOf(rt route) (name string, at Position) {
	switch {
	case rt.authorizer != nil:
		return rt.authorizer.text, rt.authorizer.at
	case rt.method == "OPTIONS" && a.opensPreflight():
		return "", rt.at // as SAM has it, an event's OPTIONS is a preflight, too
	}
	return a.standard, rt.at
}

// opensPreflight says that the default authorizer does not guard OPTIONS.
func (a *guardedAPI) opensPreflight() bool {
	guarded := a.d.resource.properties.get("Auth").get("AddDefaultAuthorizerToCorsPreflight")
	return guarded != nil && guarded.is("false")
}

// open tells of a route that nobody guards beside others that somebody does:
// the template may be thought to say otherwise.
func (l *loader) open(at Position, route string) {
	l.note(at, "%s is open to anyone: no DefaultAuthorizer, and its event names no Authorizer (NONE says that this is meant)", route)
}

// invokeRole is who calls the function of a route with AWS_IAM, as SAM has it:
// the caller (CALLER_CREDENTIALS, the default), who must then be allowed to
// invoke it, API Gateway itself (NONE), or a role. nil for API Gateway.
func (a *guardedAPI) invokeRole(rt route) *node {
	role := rt.invokeRole
	if role == nil {
		role = a.d.resource.properties.get("Auth").get("InvokeRole")
	}
	if name, _ := a.authorizerOf(rt); name != awsIAM {
		if rt.invokeRole != nil && !rt.invokeRole.is("NONE") {
			a.note(rt.invokeRole.at, "InvokeRole of event %s has no effect: it is for routes with AWS_IAM", rt.event)
		}
		return nil
	}
	switch {
	case role == nil, role.is("CALLER_CREDENTIALS"):
		at := rt.at
		if role != nil {
			at = role.at
		}
		return newText(at, "arn:"+a.partition+":iam::*:user/*")
	case role.is("NONE"):
		return nil
	}
	return role
}

// knowsAuthorizer reports a name that guards nothing. A typing error here would
// otherwise leave a door open.
func (a *guardedAPI) knowsAuthorizer(at Position, name string) bool {
	if name == "" || name == "NONE" || name == awsIAM || a.authorizers[name] != nil {
		return true
	}
	known := []string{"NONE", awsIAM}
	for k := range a.authorizers {
		known = append(known, k)
	}
	a.problem(at, "API %s has no authorizer %q%s; it has %s", a.id, name, didYouMean(name, known), names(known))
	return false
}

// guard puts an authorizer on a method. scopes override the authorizer's own.
func (a *guardedAPI) guard(method *node, name string, at Position, scopes *node) {
	if !a.knowsAuthorizer(at, name) {
		return
	}
	if name == awsIAM {
		if scopes != nil {
			a.problem(scopes.at, "AuthorizationScopes have no meaning with AWS_IAM: who may call is said by policies")
		}
		method.fields = append(method.fields, field{"AuthorizationType", at, newText(at, awsIAM)})
		return
	}
	if name == "" || name == "NONE" {
		if scopes != nil {
			a.problem(scopes.at, "AuthorizationScopes need an authorizer: without one nobody checks them")
		}
		method.fields = append(method.fields, field{"AuthorizationType", at, newText(at, "NONE")})
		return
	}
	if scopes == nil {
		scopes = a.authorizers[name].get("AuthorizationScopes")
	}
	kind := "COGNITO_USER_POOLS"
	if a.authorizers[name].get("FunctionArn") != nil {
		kind = "CUSTOM"
		if scopes != nil {
			a.problem(scopes.at, "AuthorizationScopes have no meaning with a function as authorizer: its policy decides")
		}
	}
	method.fields = append(method.fields,
		field{"AuthorizationType", at, newText(at, kind)},
		field{"AuthorizerId", at, newRef(at, a.id+letters(name)+"Authorizer")})
	if scopes != nil {
		method.fields = append(method.fields, field{"AuthorizationScopes", scopes.at, scopes})
	}
}

// cors is SAM's Cors: values are single-quoted inside, as API Gateway's static values are.
type cors struct{ origin, headers, methods, maxAge, credentials *node }

var quoted = regexp.MustCompile(`^'[^']*'$`)

func (l *loader) readCORS(n *node) (*cors, bool) {
	if n == nil {
		return nil, true
	}
	before := len(l.problems)
	c := &cors{origin: n}
	switch n.kind {
	case mapping:
		checkFields(l.report, n, fields{"AllowOrigin": str, "AllowHeaders": str, "AllowMethods": str, "MaxAge": str, "AllowCredentials": flag}, "Cors")
		c = &cors{n.get("AllowOrigin"), n.get("AllowHeaders"), n.get("AllowMethods"), n.get("MaxAge"), n.get("AllowCredentials")}
		if c.origin == nil {
			c.origin = newText(n.at, "'*'")
		}
	case text:
	default:
		l.problem(n.at, "Cors must be an origin in single quotes (\"'*'\"), or a mapping with AllowOrigin")
		return nil, false
	}
	for _, v := range []*node{c.origin, c.headers, c.methods, c.maxAge} {
		if v.scalar() && !quoted.MatchString(v.text) {
			l.problem(v.at, "%s must stand in single quotes inside the value: \"'%s'\"", v.text, v.text)
		}
	}
	if c.credentials != nil && c.credentials.is("true") && c.origin.is("'*'") {
		l.problem(c.credentials.at, "AllowCredentials cannot be used with the origin '*': name the origin")
	}
	return c, len(l.problems) == before
}

// preflight answers OPTIONS on a path by a MOCK integration, as SAM does, with
// the default authorizer on it unless the template says otherwise.
func (a *guardedAPI) preflight(path string, verbs []string, c *cors) string {
	at := c.origin.at
	id := generated(a.id, "Method", "OPTIONS "+path)
	allowed := c.methods
	if allowed == nil {
		if slices.Contains(verbs, "ANY") {
			verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
		} else {
			verbs = append(slices.Clone(verbs), "OPTIONS")
		}
		slices.Sort(verbs)
		allowed = newText(at, "'"+strings.Join(verbs, ",")+"'")
	}
	values, declared := newMapping(at), newMapping(at)
	header := func(name string, v *node) {
		if v != nil {
			key := "method.response.header.Access-Control-" + name
			values.fields = append(values.fields, field{key, v.at, v})
			declared.fields = append(declared.fields, field{key, v.at, &node{kind: boolean, at: v.at, text: "false"}})
		}
	}
	header("Allow-Origin", c.origin)
	header("Allow-Headers", c.headers)
	header("Allow-Methods", allowed)
	header("Max-Age", c.maxAge)
	if c.credentials != nil && c.credentials.is("true") {
		header("Allow-Credentials", newText(at, "'true'"))
	}
	ok := newText(at, "200")
	properties := newMapping(at, "RestApiId", newRef(at, a.id), "ResourceId", a.resource(path, at), "HttpMethod", newText(at, "OPTIONS"),
		"MethodResponses", newList(at, newMapping(at, "StatusCode", ok, "ResponseParameters", declared)),
		"Integration", newMapping(at, "Type", newText(at, "MOCK"),
			"RequestTemplates", newMapping(at, "application/json", newText(at, `{"statusCode": 200}`)),
			"IntegrationResponses", newList(at, newMapping(at, "StatusCode", ok, "ResponseParameters", values,
				"ResponseTemplates", newMapping(at, "application/json", newText(at, "{}"))))))
	name := a.standard
	if a.opensPreflight() {
		name = ""
	}
	a.guard(properties, name, at, nil)
	a.add(&resource{id: id, kind: methodType, at: at, label: fmt.Sprintf("OPTIONS %s", path), properties: properties})
	return id
}
