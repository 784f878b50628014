package template

import "fmt"

func (a *httpAPI) readAuth(auth *node) bool {
	if auth == nil {
		return true
	}
	before := len(a.problems)
	a.signs = auth.get("EnableIamAuthorizer") != nil && auth.get("EnableIamAuthorizer").is("true")
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

// knowsAuthorizer reports a name that guards nothing. A typing error here would
// otherwise leave a door open.
func (a *httpAPI) knowsAuthorizer(at Position, name string) bool {
	switch {
	case name == "" || name == "NONE" || a.authorizers[name] != nil:
		return true
	case name == awsIAM && a.signs:
		return true
	case name == awsIAM:
		a.problem(at, "AWS_IAM needs EnableIamAuthorizer: true in Auth of HTTP API %s", a.id)
		return false
	}
	known := []string{"NONE"}
	if a.signs {
		known = append(known, awsIAM)
	}
	for k := range a.authorizers {
		known = append(known, k)
	}
	a.problem(at, "HTTP API %s has no authorizer %q%s; it has %s", a.id, name, didYouMean(name, known), names(known))
	return false
}

func (a *httpAPI) authorizer(f field) {
	if f.name == "NONE" || f.name == awsIAM {
		a.problem(f.at, "%q cannot be the name of an authorizer", f.name)
		return
	}
	jwt, function := f.value.get("JwtConfiguration"), f.value.get("FunctionArn")
	switch {
	case jwt == nil && function == nil:
		a.problem(f.at, "authorizer %q needs JwtConfiguration or FunctionArn", f.name)
	case jwt != nil && function != nil:
		a.problem(f.at, "authorizer %q can have JwtConfiguration or FunctionArn, not both", f.name)
	case jwt != nil:
		a.tokenAuthorizer(f, jwt)
	default:
		a.functionAuthorizer(f, function)
	}
}

func (a *httpAPI) tokenAuthorizer(f field, jwt *node) {
	issuer, audience := jwt.get("issuer"), jwt.get("audience")
	if issuer == nil {
		issuer = jwt.get("Issuer")
	}
	if audience == nil {
		audience = jwt.get("Audience")
	}
	if issuer == nil || audience == nil {
		a.problem(jwt.at, "JwtConfiguration of authorizer %q needs issuer and audience", f.name)
		return
	}
	for _, name := range []string{"Identity", "FunctionInvokeRole", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "EnableFunctionDefaultPermissions"} {
		if n := f.value.get(name); n != nil {
			a.problem(n.at, "%s of authorizer %q is for a function (FunctionArn)", name, f.name)
		}
	}
	source := f.value.get("IdentitySource")
	if source == nil {
		source = newText(f.at, "$request.header.Authorization")
	}
	a.addAuthorizer(f, "JWT", "IdentitySource", newList(source.at, source),
		"JwtConfiguration", newMapping(jwt.at, "Issuer", issuer, "Audience", audience))
}

func (a *httpAPI) functionAuthorizer(f field, function *node) {
	d, identity := f.value, f.value.get("Identity")
	for _, name := range []string{"IdentitySource", "AuthorizationScopes"} {
		if n := d.get(name); n != nil {
			a.problem(n.at, "%s of authorizer %q is for tokens (JwtConfiguration); a function has Identity", name, f.name)
		}
	}
	sources := newList(f.at)
	for _, from := range []struct{ name, prefix string }{
		{"Headers", "$request.header."}, {"QueryStrings", "$request.querystring."}, {"StageVariables", "$stageVariables."}, {"Context", "$context."},
	} {
		if n := identity.get(from.name); n != nil {
			for _, item := range n.items {
				sources.items = append(sources.items, newText(item.at, from.prefix+item.text))
			}
		}
	}
	if d.get("AuthorizerPayloadFormatVersion") == nil {
		a.problem(f.at, "authorizer %q needs AuthorizerPayloadFormatVersion: 1.0 or 2.0", f.name)
		return
	}
	uri := newJoin(function.at, newText(function.at, fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/", a.partition, a.region)),
		function, newText(function.at, "/invocations"))
	var of *node
	if len(sources.items) > 0 {
		of = sources
	}
	role := d.get("FunctionInvokeRole")
	if role != nil && role.is("NONE") {
		role = nil
	}
	a.addAuthorizer(f, "REQUEST", "IdentitySource", of, "AuthorizerUri", uri, "AuthorizerCredentialsArn", role,
		"AuthorizerPayloadFormatVersion", d.get("AuthorizerPayloadFormatVersion"), "EnableSimpleResponses", d.get("EnableSimpleResponses"),
		"AuthorizerResultTtlInSeconds", identity.get("ReauthorizeEvery"))
	// Unlike with REST APIs, SAM lets the API call it only when told so.
	if on := d.get("EnableFunctionDefaultPermissions"); on == nil || !on.is("true") {
		return
	}
	id := a.id + letters(f.name) + "AuthorizerPermission"
	a.made = append(a.made, id)
	a.add(&resource{id: id, kind: permissionType, at: f.at, label: f.name, properties: newMapping(f.at,
		"Action", newText(f.at, "lambda:InvokeFunction"), "Principal", newText(f.at, "apigateway.amazonaws.com"), "FunctionName", function,
		"SourceArn", newJoin(f.at, newText(f.at, fmt.Sprintf("arn:%s:execute-api:%s:%s:", a.partition, a.region, a.account)),
			newRef(f.at, a.id), newText(f.at, "/authorizers/*")))})
}

func (a *httpAPI) addAuthorizer(f field, kind string, more ...any) {
	a.authorizers[f.name] = f.value
	id := a.id + letters(f.name) + "Authorizer"
	a.made = append(a.made, id)
	a.add(&resource{id: id, kind: httpAuthorizerType, at: f.at, label: f.name, properties: newMapping(f.at, append([]any{
		"ApiId", newRef(f.at, a.id), "Name", newText(f.at, f.name), "AuthorizerType", newText(f.at, kind)}, more...)...)})
}

// guard puts an authorizer on a route. An event's scopes override the authorizer's own.
func (a *httpAPI) guard(route *node, e httpEvent) {
	name, at := a.standard, e.at
	switch {
	case e.authorizer != nil:
		name, at = e.authorizer.text, e.authorizer.at
	case e.auth != nil && len(e.auth.fields) > 0 && a.standard == "":
		a.problem(e.auth.at, "Auth of event %s guards nothing: it names no Authorizer, and HTTP API %s has no DefaultAuthorizer", e.event, a.id)
		return
	case e.method == "OPTIONS" && a.standard != "":
		// As with SAM: browsers send no credentials with what they ask beforehand.
		a.note(e.at, "OPTIONS %s is open to anyone: the DefaultAuthorizer does not guard OPTIONS of an HTTP API; name an Authorizer if it should be", e.path)
		name = ""
	}
	if !a.knowsAuthorizer(at, name) {
		return
	}
	if name == "" && e.method != "OPTIONS" && (len(a.authorizers) > 0 || a.signs) {
		a.open(e.at, e.key)
	}
	kind := "NONE"
	switch {
	case name == awsIAM:
		kind = awsIAM
	case name == "" || name == "NONE":
	case a.authorizers[name].get("JwtConfiguration") != nil:
		kind = "JWT"
	default:
		kind = "CUSTOM"
	}
	route.fields = append(route.fields, field{"AuthorizationType", at, newText(at, kind)})
	scopes := e.scopes
	if scopes != nil && len(scopes.items) == 0 { // as SAM has it for HTTP APIs: no other scopes than the authorizer's
		scopes = nil
	}
	if scopes != nil && kind != "JWT" {
		a.problem(scopes.at, "AuthorizationScopes need an authorizer for tokens (JwtConfiguration): nobody else checks them")
		return
	}
	if kind != "JWT" && kind != "CUSTOM" {
		return
	}
	route.fields = append(route.fields, field{"AuthorizerId", at, newRef(at, a.id+letters(name)+"Authorizer")})
	if scopes == nil {
		scopes = a.authorizers[name].get("AuthorizationScopes")
	}
	if scopes != nil {
		route.fields = append(route.fields, field{"AuthorizationScopes", scopes.at, scopes})
	}
}
