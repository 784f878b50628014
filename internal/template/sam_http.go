package template

import (
	"fmt"
	"slices"
	"strings"
)

// SAM's HTTP APIs: each becomes an API, an authorizer for each name, an integration
// and a route for each event, and a stage that deploys by itself.

const (
	samHTTPAPI      = "AWS::Serverless::HttpApi"
	implicitHTTPAPI = "ServerlessHttpApi"
	catchAll        = "$default" // a stage, and the route of an event without path and method
)

var samHTTPAPIFields = fields{
	"Name": str, "StageName": str, "Description": str, "StageVariables": strMap, "DisableExecuteApiEndpoint": flag,
	"Auth": records(fields{
		"DefaultAuthorizer": authorizerName, "EnableIamAuthorizer": flag.now(),
		"Authorizers": {kind: tableOf, early: true, item: &shape{kind: record, early: true, fields: fields{
			"AuthorizationScopes": strs, "IdentitySource": str,
			"JwtConfiguration": records(fields{"issuer": str, "audience": strs, "Issuer": str, "Audience": strs}).now(),
			"FunctionArn":      str, "FunctionInvokeRole": str, "AuthorizerPayloadFormatVersion": str, "EnableSimpleResponses": flag,
			"EnableFunctionDefaultPermissions": flag.now(),
			"Identity": records(fields{
				"Headers": sourceNames, "QueryStrings": sourceNames, "StageVariables": sourceNames, "Context": sourceNames, "ReauthorizeEvery": integer,
			}).now(),
			"OpenIdConnectUrl": unsupported("use JwtConfiguration with issuer and audience"),
		}}},
	}).now(),
	"CorsConfiguration": anyJSON, "AccessLogSettings": accessLog, "DefaultRouteSettings": routeSettings, "RouteSettings": allRouteSettings,
	"Tags": untagged, "PropagateTags": untagged, "FailOnWarnings": noEffect("no OpenAPI document is made"),
	"DefinitionBody": unsupported("define the API with HttpApi events"), "DefinitionUri": unsupported("define the API with HttpApi events"),
	"Domain": unsupported("custom domains are not supported"),
}

var samHTTPEventFields = fields{
	"Path": str, "Method": str, "ApiId": anyJSON, "PayloadFormatVersion": str, "TimeoutInMillis": integer, "RouteSettings": routeSettings,
	"Auth": records(fields{
		"Authorizer": authorizerName, "AuthorizationScopes": strs.now(),
		"InvokeRole": noEffect("the API calls the function by the function's permission"),
	}).now(),
}

// httpEvent is one event of type HttpApi: a route to a function.
type httpEvent struct {
	at         Position
	api        string // logical id
	key        string // "GET /pets/{id}" or $default
	path       string
	method     string
	function   string
	event      string
	auth       *node
	authorizer *node // nil: the API's default
	scopes     *node
	payload    *node
	timeout    *node
	settings   *node
}

func (l *loader) httpEvent(d *declaration, e field, p *node) (httpEvent, bool) {
	before := len(l.problems)
	switch {
	case p == nil || p.kind == null:
		p = &node{kind: mapping, at: e.at}
	case p.kind != mapping: // it would pass for the route that takes everything
		l.problem(p.at, "Properties of event %q must be a mapping", e.name)
		return httpEvent{}, false
	}
	checkFields(l.report, p, samHTTPEventFields, "event "+e.name)
	path, method := p.get("Path"), p.get("Method")
	if len(l.problems) > before {
		return httpEvent{}, false
	}
	h := httpEvent{at: e.at, api: implicitHTTPAPI, key: catchAll, function: d.id, event: e.name,
		payload: p.get("PayloadFormatVersion"), timeout: p.get("TimeoutInMillis"), settings: p.get("RouteSettings")}
	switch {
	case path == nil && method == nil:
	case path == nil || method == nil:
		l.problem(e.at, "event %q needs both Path and Method, or neither: then it takes what no other route does", e.name)
	case !path.scalar() || !method.scalar():
		l.problem(e.at, "Path and Method of event %q must be known before resources are made", e.name)
	case path.is(catchAll):
	default:
		h.path, h.method = path.text, strings.ToUpper(method.text)
		if h.method == "*" || h.method == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
			h.method = "ANY"
		}
		if !slices.Contains(methods, h.method) {
			l.problem(method.at, "method %q is not supported; supported: %s", method.text, names(methods))
		}
		if why := badPath(h.path); why != "" {
			l.problem(path.at, "path %q %s", h.path, why)
		}
		h.key = h.method + " " + h.path
	}
	if api := p.get("ApiId"); api != nil {
		if api.kind != function || api.text != "Ref" {
			l.problem(api.at, "ApiId must be a Ref to a resource of type %s", samHTTPAPI)
			return httpEvent{}, false
		}
		h.api = api.argument().text
	}
	if auth := p.get("Auth"); auth != nil {
		h.auth, h.authorizer, h.scopes = auth, auth.get("Authorizer"), auth.get("AuthorizationScopes")
	}
	return h, len(l.problems) == before
}

// expandHTTP makes plain resources of SAM's HTTP APIs.
func (l *loader) expandHTTP(apis []*declaration, events []httpEvent) {
	of := map[string][]httpEvent{}
	for _, e := range events {
		of[e.api] = append(of[e.api], e)
	}
	known := map[string]bool{implicitHTTPAPI: true}
	for _, d := range apis {
		known[d.id] = true
		before := len(l.problems)
		checkFields(l.report, d.resource.properties, samHTTPAPIFields, samHTTPAPI)
		if len(l.problems) == before {
			l.expandHTTPAPI(d, of[d.id])
		}
	}
	if implicit := of[implicitHTTPAPI]; len(implicit) > 0 && l.resources[implicitHTTPAPI] == nil {
		d := &declaration{id: implicitHTTPAPI, at: implicit[0].at, kind: samHTTPAPI}
		d.resource = resource{id: implicitHTTPAPI, at: d.at, properties: l.env.eval(l.withGlobals("HttpApi", newMapping(d.at)))}
		before := len(l.problems)
		checkFields(l.report, d.resource.properties, samHTTPAPIFields, "Globals.HttpApi")
		if len(l.problems) == before {
			l.expandHTTPAPI(d, implicit)
		}
	}
	for id, all := range of {
		if !known[id] {
			l.problem(all[0].at, "ApiId of event %q must be a Ref to a resource of type %s; %q is none", all[0].event, samHTTPAPI, id)
		}
	}
}

// httpAPI is one HTTP API on its way to plain resources.
type httpAPI struct {
	*loader
	id          string
	at          Position
	authorizers map[string]*node
	standard    string // name of the default authorizer, "" for none
	signs       bool   // EnableIamAuthorizer
	made        []string
}

func (l *loader) expandHTTPAPI(d *declaration, events []httpEvent) {
	p := d.resource.properties
	a := &httpAPI{loader: l, id: d.id, at: d.at, authorizers: map[string]*node{}}
	r := d.resource
	r.kind = httpAPIType
	r.properties = newMapping(p.at, "Name", p.get("Name"), "ProtocolType", newText(p.at, "HTTP"), "Description", p.get("Description"),
		"DisableExecuteApiEndpoint", p.get("DisableExecuteApiEndpoint"), "CorsConfiguration", a.cors(p.get("CorsConfiguration")))
	l.add(&r)
	if !a.readAuth(p.get("Auth")) {
		return
	}
	settings := newMapping(p.at)
	if own := p.get("RouteSettings"); own != nil {
		settings.fields = append(settings.fields, own.fields...)
	}
	seen := map[string]Position{}
	for _, e := range events {
		if first, ok := seen[e.key]; ok {
			l.problem(e.at, "%s is already on line %d", e.key, first.Line)
			continue
		}
		seen[e.key] = e.at
		a.route(e)
		if e.settings != nil {
			settings.fields = append(settings.fields, field{e.key, e.at, e.settings})
		}
	}
	name := catchAll
	if s := p.get("StageName"); s != nil {
		if !s.scalar() {
			l.problem(s.at, "StageName must be known before resources are made")
			return
		}
		name = s.text
	}
	stage := newMapping(p.at, "ApiId", newRef(p.at, a.id), "StageName", newText(p.at, name), "AutoDeploy", &node{kind: boolean, at: p.at, text: "true"},
		"StageVariables", p.get("StageVariables"), "DefaultRouteSettings", p.get("DefaultRouteSettings"), "AccessLogSettings", p.get("AccessLogSettings"))
	if len(settings.fields) > 0 {
		stage.fields = append(stage.fields, field{"RouteSettings", p.at, settings})
	}
	// Its routes come first: a stage that deploys by itself never serves a half-made API then.
	a.add(&resource{id: httpStageID(a.id, name), kind: httpStageType, at: a.at, label: name, needs: a.made, properties: stage})
}

func httpStageID(api, stage string) string {
	if stage == catchAll {
		return api + "ApiGatewayDefaultStage"
	}
	return api + letters(stage) + "Stage"
}

// cors: true is everybody, as SAM has it.
func (a *httpAPI) cors(n *node) *node {
	switch {
	case n == nil || n.is("false"):
		return nil
	case n.is("true"):
		return newMapping(n.at, "AllowOrigins", newList(n.at, newText(n.at, "*")))
	case n.kind != mapping:
		a.problem(n.at, "CorsConfiguration must be true or a mapping with AllowOrigins")
		return nil
	}
	checkFields(a.report, n, corsShape.fields, "CorsConfiguration")
	return n
}

// route makes an event's integration, its route, and the permission to call the
// function on this route alone.
func (a *httpAPI) route(e httpEvent) {
	payload := e.payload
	if payload == nil {
		payload = newText(e.at, "2.0")
	}
	integration := a.id + letters(e.function) + letters(e.event) + "Integration"
	a.add(&resource{id: integration, kind: httpIntegrationType, at: e.at, label: e.key, properties: newMapping(e.at,
		"ApiId", newRef(e.at, a.id), "IntegrationType", newText(e.at, "AWS_PROXY"), "IntegrationUri", newGetAtt(e.at, e.function, "Arn"),
		"PayloadFormatVersion", payload, "TimeoutInMillis", e.timeout)})
	properties := newMapping(e.at, "ApiId", newRef(e.at, a.id), "RouteKey", newText(e.at, e.key),
		"Target", newJoin(e.at, newText(e.at, "integrations/"), newRef(e.at, integration)))
	a.guard(properties, e)
	// An API has one route of a key, so a route that another event or function
	// takes over is the same one, changed.
	route := generated(a.id, "Route", e.key)
	a.add(&resource{id: route, kind: httpRouteType, at: e.at, label: e.key, properties: properties})

	permission := e.function + letters(e.event) + "Permission"
	where := catchAll
	if e.path != "" {
		verb := e.method
		if verb == "ANY" {
			verb = "*"
		}
		parts := strings.Split(e.path, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, "{") {
				parts[i] = "*"
			}
		}
		where = verb + strings.Join(parts, "/")
	}
	a.add(&resource{id: permission, kind: permissionType, at: e.at, label: e.key, properties: newMapping(e.at,
		"Action", newText(e.at, "lambda:InvokeFunction"), "Principal", newText(e.at, "apigateway.amazonaws.com"), "FunctionName", newRef(e.at, e.function),
		"SourceArn", newJoin(e.at, newText(e.at, fmt.Sprintf("arn:%s:execute-api:%s:%s:", a.partition, a.region, a.account)),
			newRef(e.at, a.id), newText(e.at, "/*/"+where)))})
	a.made = append(a.made, integration, route, permission)
}
