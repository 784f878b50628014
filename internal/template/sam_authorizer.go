package template

import (
	"fmt"
	"strings"
)

// authorizer makes one of an API's Authorizers: of user pools, or a function.
func (a *guardedAPI) authorizer(f field) {
	if f.name == "NONE" || f.name == awsIAM {
		a.problem(f.at, "%q cannot be the name of an authorizer", f.name)
		return
	}
	pools, function := f.value.get("UserPoolArn"), f.value.get("FunctionArn")
	switch {
	case pools == nil && function == nil:
		a.problem(f.at, "authorizer %q needs UserPoolArn or FunctionArn", f.name)
	case pools != nil && function != nil:
		a.problem(f.at, "authorizer %q can have UserPoolArn or FunctionArn, not both", f.name)
	case pools != nil:
		a.poolAuthorizer(f, pools)
	default:
		a.functionAuthorizer(f, function)
	}
}

func (a *guardedAPI) poolAuthorizer(f field, pools *node) {
	d, identity := f.value, f.value.get("Identity")
	switch {
	case pools.kind == list && len(pools.items) > 0:
	case pools.kind == list || pools.kind == mapping:
		a.problem(pools.at, "UserPoolArn must be the ARN of a user pool, or a list of them")
		return
	default:
		pools = newList(pools.at, pools)
	}
	for _, name := range []string{"Headers", "QueryStrings", "StageVariables", "Context"} {
		if n := identity.get(name); n != nil {
			a.problem(n.at, "%s of authorizer %q: a token of a user pool comes in one header, Identity.Header", name, f.name)
		}
	}
	for _, name := range []string{"FunctionInvokeRole", "FunctionPayloadType", "DisableFunctionDefaultPermissions"} {
		if n := d.get(name); n != nil {
			a.problem(n.at, "%s of authorizer %q is for a function (FunctionArn)", name, f.name)
		}
	}
	header := "Authorization"
	if h := identity.get("Header"); h != nil {
		header = h.text
	}
	a.addAuthorizer(f, "COGNITO_USER_POOLS", "method.request.header."+header, "ProviderARNs", pools, "AuthType", d.get("AuthType"))
}

// functionAuthorizer is a Lambda authorizer, with the permission that lets API
// Gateway call the function unless a role does.
func (a *guardedAPI) functionAuthorizer(f field, function *node) {
	d, identity := f.value, f.value.get("Identity")
	kind := "TOKEN"
	if t := d.get("FunctionPayloadType"); t != nil {
		kind = t.text
	}
	var source string
	if kind == "TOKEN" {
		for _, name := range []string{"Headers", "QueryStrings", "StageVariables", "Context"} {
			if n := identity.get(name); n != nil {
				a.problem(n.at, "%s of authorizer %q is for FunctionPayloadType REQUEST; a TOKEN comes in one header, Identity.Header", name, f.name)
			}
		}
		header := "Authorization"
		if h := identity.get("Header"); h != nil {
			header = h.text
		}
		source = "method.request.header." + header
	} else {
		if h := identity.get("Header"); h != nil {
			a.problem(h.at, "Header of authorizer %q is for FunctionPayloadType TOKEN; a REQUEST has Identity.Headers, a list", f.name)
		}
		if v := identity.get("ValidationExpression"); v != nil {
			a.problem(v.at, "ValidationExpression of authorizer %q is for FunctionPayloadType TOKEN", f.name)
		}
		var sources []string
		for _, from := range []struct{ name, prefix string }{
			{"Headers", "method.request.header."}, {"QueryStrings", "method.request.querystring."},
			{"StageVariables", "stageVariables."}, {"Context", "context."},
		} {
			if n := identity.get(from.name); n != nil {
				for _, item := range n.items {
					sources = append(sources, from.prefix+item.text)
				}
			}
		}
		if every := identity.get("ReauthorizeEvery"); len(sources) == 0 && (every == nil || !every.is("0")) {
			a.problem(f.at, "authorizer %q of payload type REQUEST needs Identity with one of Headers, QueryStrings, StageVariables and Context, or ReauthorizeEvery: 0", f.name)
			return
		}
		source = strings.Join(sources, ", ")
	}
	if s := d.get("AuthorizationScopes"); s != nil {
		a.problem(s.at, "AuthorizationScopes of authorizer %q are for user pools: here the function's policy decides", f.name)
	}
	uri := newJoin(function.at, newText(function.at, fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/", a.partition, a.region)),
		function, newText(function.at, "/invocations"))
	role := d.get("FunctionInvokeRole")
	if role != nil && role.is("NONE") {
		role = nil
	}
	a.addAuthorizer(f, kind, source, "AuthorizerUri", uri, "AuthorizerCredentials", role,
		"IdentityValidationExpression", identity.get("ValidationExpression"))
	if off := d.get("DisableFunctionDefaultPermissions"); role != nil || off != nil && off.is("true") {
		return
	}
	id := a.id + letters(f.name) + "AuthorizerPermission"
	a.permissions = append(a.permissions, id)
	a.add(&resource{id: id, kind: permissionType, at: f.at, label: f.name, properties: newMapping(f.at,
		"Action", newText(f.at, "lambda:InvokeFunction"), "Principal", newText(f.at, "apigateway.amazonaws.com"), "FunctionName", function,
		"SourceArn", newJoin(f.at, newText(f.at, fmt.Sprintf("arn:%s:execute-api:%s:%s:", a.partition, a.region, a.account)),
			newRef(f.at, a.id), newText(f.at, "/authorizers/*")))})
}

func (a *guardedAPI) addAuthorizer(f field, kind, source string, more ...any) {
	id := a.id + letters(f.name) + "Authorizer"
	a.authorizers[f.name] = f.value
	a.follows = append(a.follows, id)
	identity := f.value.get("Identity")
	properties := newMapping(f.at, append([]any{
		"RestApiId", newRef(f.at, a.id), "Name", newText(f.at, f.name), "Type", newText(f.at, kind),
		"AuthorizerResultTtlInSeconds", identity.get("ReauthorizeEvery"),
	}, more...)...)
	if source != "" {
		properties.fields = append(properties.fields, field{"IdentitySource", f.at, newText(f.at, source)})
	}
	if kind == "COGNITO_USER_POOLS" {
		if v := identity.get("ValidationExpression"); v != nil {
			properties.fields = append(properties.fields, field{"IdentityValidationExpression", v.at, v})
		}
	}
	a.add(&resource{id: id, kind: authorizerType, at: f.at, label: f.name, properties: properties})
}
