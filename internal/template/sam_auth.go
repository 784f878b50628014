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

// invokeRole holds InvokeRole, the route's or else the API's, against what is
// supported. Without one, SAM makes the gateway call the function with the
// caller's own credentials: whoever may call the route must then be allowed to
// invoke the function too. That is not done here, and to let people in without
// it would be to let in more of them than AWS does.
func (a *guardedAPI) invokeRole(route, api *node, at Position) {
	role := route
	if role == nil {
		role = api
	}
	switch {
	case role == nil:
		a.problem(at, "AWS_IAM needs InvokeRole: NONE in Auth. Without it, SAM lets the function be called with the caller's own credentials (CALLER_CREDENTIALS), which is not supported")
	case !role.is("NONE"):
		a.problem(role.at, "InvokeRole can only be NONE: the gateway calls a function by the function's own permission, not with a role or the caller's credentials")
	}
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

func (a *guardedAPI) authorizer(f field) {
	d := f.value
	if f.name == "NONE" || f.name == awsIAM {
		a.problem(f.at, "%q cannot be the name of an authorizer", f.name)
		return
	}
	pools := d.get("UserPoolArn")
	switch {
	case pools == nil:
		a.problem(f.at, "authorizer %q needs UserPoolArn; other kinds are not supported", f.name)
		return
	case pools.kind == list && len(pools.items) > 0:
	case pools.kind == list || pools.kind == mapping:
		a.problem(pools.at, "UserPoolArn must be the ARN of a user pool, or a list of them")
		return
	default:
		pools = newList(pools.at, pools)
	}
	header, identity := "Authorization", d.get("Identity")
	if h := identity.get("Header"); h != nil {
		header = h.text
	}
	id := a.id + letters(f.name) + "Authorizer"
	a.authorizers[f.name] = d
	a.follows = append(a.follows, id)
	a.add(&resource{id: id, kind: authorizerType, at: f.at, label: f.name, properties: newMapping(f.at,
		"RestApiId", newRef(f.at, a.id), "Name", newText(f.at, f.name), "Type", newText(f.at, "COGNITO_USER_POOLS"),
		"ProviderARNs", pools, "IdentitySource", newText(f.at, "method.request.header."+header),
		"IdentityValidationExpression", identity.get("ValidationExpression"),
		"AuthorizerResultTtlInSeconds", identity.get("ReauthorizeEvery"), "AuthType", d.get("AuthType"))})
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
	method.fields = append(method.fields,
		field{"AuthorizationType", at, newText(at, "COGNITO_USER_POOLS")},
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
func (a *guardedAPI) preflight(path string, verbs []string, c *cors, auth *node) string {
	at := c.origin.at
	id := a.generated("Method", "OPTIONS "+path)
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
	if without := auth.get("AddDefaultAuthorizerToCorsPreflight"); without != nil && without.is("false") {
		name = ""
	}
	a.guard(properties, name, at, nil)
	a.add(&resource{id: id, kind: methodType, at: at, label: fmt.Sprintf("OPTIONS %s", path), properties: properties})
	return id
}
