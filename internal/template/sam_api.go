package template

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// What guards an API is read while it is expanded. A name that is empty, or not
// known yet, must not pass for "no authorizer".
var (
	authorizerName = shape{kind: anyText, early: true, filled: true}
	sourceNames    = listing(shape{kind: anyText, early: true, filled: true}).now()
)

var samAuthFields = fields{
	"DefaultAuthorizer": authorizerName, "AddDefaultAuthorizerToCorsPreflight": flag.now(),
	"Authorizers": {kind: tableOf, early: true, item: &shape{kind: record, early: true, fields: fields{
		"UserPoolArn": anyJSON, "AuthorizationScopes": strs, "AuthType": str,
		"Identity": records(fields{
			"Header": authorizerName, "Headers": sourceNames, "QueryStrings": sourceNames, "StageVariables": sourceNames, "Context": sourceNames,
			"ValidationExpression": str, "ReauthorizeEvery": integer,
		}).now(),
		"FunctionArn": str, "FunctionInvokeRole": str, "FunctionPayloadType": oneOf("TOKEN", "REQUEST").now(),
		"DisableFunctionDefaultPermissions": flag.now(),
	}}},
	"InvokeRole":     str,
	"ApiKeyRequired": unsupported("API keys are not supported"), "UsagePlan": unsupported("API keys are not supported"),
	"AddApiKeyRequiredToCorsPreflight": unsupported("API keys are not supported"),
	"ResourcePolicy":                   samResourcePolicy,
}

var samAPIFields = fields{
	"StageName": str.must(), "Name": str, "Description": str, "Variables": strMap, "BinaryMediaTypes": strs,
	"Auth": records(samAuthFields).now(), "Cors": anyJSON, "EndpointConfiguration": anyJSON, "DisableExecuteApiEndpoint": flag,
	"TracingEnabled": notTraced, "Tags": untagged, "PropagateTags": untagged,
	"OpenApiVersion": noEffect("no OpenAPI document is made"), "AlwaysDeploy": noEffect("what has changed is always deployed"),
	"MergeDefinitions": unsupported("define the API with Api events"),
	"DefinitionBody":   unsupported("define the API with Api events"), "DefinitionUri": unsupported("define the API with Api events"),
	"MethodSettings":   methodSettings,
	"AccessLogSetting": accessLog,
	"GatewayResponses": {kind: tableOf, early: true, item: &shape{kind: record, early: true, fields: fields{
		"StatusCode": str, "ResponseTemplates": strMap,
		"ResponseParameters": records(fields{"Headers": strMap.now(), "Paths": strMap.now(), "QueryStrings": strMap.now()}).now(),
	}}},
	"Models": unsupported("models are not supported"), "Domain": unsupported("custom domains are not supported"),
	"CacheClusterEnabled": flag.of("false"), "CacheClusterSize": unsupported("answers are not cached"),
	"CanarySetting": unsupported("canaries are not supported"), "MinimumCompressionSize": unsupported("answers are not compressed"),
	"ApiKeySourceType": unsupported("API keys are not supported"), "FailOnWarnings": unsupported("no OpenAPI document is made"),
	"Mode": unsupported("no OpenAPI document is made"), "Policy": ownPolicy,
	"SecurityPolicy": unsupported("the listener decides over TLS"),
}

// expand makes plain resources of SAM's functions and APIs.
func (l *loader) expand(functions, apis, httpAPIs []*declaration) {
	routes := map[string][]route{}
	var events []httpEvent
	for _, d := range functions {
		of, http := l.expandFunction(d)
		for _, rt := range of {
			routes[rt.api] = append(routes[rt.api], rt)
		}
		events = append(events, http...)
	}
	l.expandHTTP(httpAPIs, events)
	known := map[string]bool{implicitAPI: true}
	for _, d := range apis {
		known[d.id] = true
		before := len(l.problems)
		checkFields(l.report, d.resource.properties, samAPIFields, samAPI)
		if len(l.problems) == before {
			l.expandAPI(d, routes[d.id])
		}
	}
	if implicit := routes[implicitAPI]; len(implicit) > 0 && l.resources[implicitAPI] == nil {
		at := implicit[0].at
		properties := newMapping(at, "StageName", newText(at, "Prod"))
		d := &declaration{id: implicitAPI, at: at, kind: samAPI}
		d.resource = resource{id: implicitAPI, at: at, properties: l.env.eval(l.withGlobals("Api", properties))}
		before := len(l.problems)
		checkFields(l.report, d.resource.properties, samAPIFields, "Globals.Api")
		if len(l.problems) == before {
			l.expandAPI(d, implicit)
		}
	}
	for id, all := range routes {
		if !known[id] {
			l.problem(all[0].at, "RestApiId of event %q must be a Ref to a resource of type %s; %q is none", all[0].event, samAPI, id)
		}
	}
}

// guardedAPI is one API on its way to plain resources.
type guardedAPI struct {
	*loader
	d           *declaration
	at          Position
	id          string
	stage       string
	resources   map[string]string // path -> logical id of its resource
	variable    map[string]string // parent path -> its one variable part
	authorizers map[string]*node  // name -> declaration
	standard    string            // name of the default authorizer, "" for none
	follows     []string          // what the deployment freezes
	permissions []string          // what must be there when it is served
}

func (l *loader) expandAPI(d *declaration, routes []route) {
	p := d.resource.properties
	stage := p.get("StageName")
	if !stage.scalar() {
		l.problem(stage.at, "StageName must be known before resources are made")
		return
	}
	a := &guardedAPI{loader: l, d: d, at: d.at, id: d.id, stage: stage.text, resources: map[string]string{}, variable: map[string]string{}}
	r := d.resource
	r.kind = restAPIType
	r.properties = newMapping(p.at, "Name", p.get("Name"), "Description", p.get("Description"),
		"BinaryMediaTypes", mediaTypes(p.get("BinaryMediaTypes")), "DisableExecuteApiEndpoint", p.get("DisableExecuteApiEndpoint"),
		"Policy", a.policy(p, routes))
	l.add(&r)
	a.follows = []string{d.id}
	l.checkEndpoint(p.get("EndpointConfiguration"))
	if !a.readAuth(p.get("Auth")) {
		return
	}
	cors, ok := l.readCORS(p.get("Cors"))
	if !ok {
		return
	}
	var methodIDs []string
	seen := map[string]Position{}
	verbs := map[string][]string{}
	var paths []string
	for _, rt := range routes {
		key := rt.method + " " + rt.path
		if first, ok := seen[key]; ok {
			l.problem(rt.at, "%s is already on line %d", key, first.Line)
			continue
		}
		seen[key] = rt.at
		if verbs[rt.path] == nil {
			paths = append(paths, rt.path)
		}
		verbs[rt.path] = append(verbs[rt.path], rt.method)
		methodIDs = append(methodIDs, a.method(rt))
		a.permission(rt)
	}
	if cors != nil {
		for _, path := range paths {
			if _, ok := seen["OPTIONS "+path]; !ok {
				methodIDs = append(methodIDs, a.preflight(path, verbs[path], cors))
			}
		}
	}
	a.follows = append(a.follows, methodIDs...)
	a.gatewayResponses(p.get("GatewayResponses"))
	a.deployAndStage(p, r)
}

func (l *loader) checkEndpoint(n *node) {
	if n == nil || n.kind == function {
		return
	}
	if n.kind == mapping {
		checkFields(l.report, n, fields{
			"Type": oneOf("REGIONAL", "EDGE"), "VPCEndpointIds": unsupported("there are no networks here"),
			"IpAddressType": noEffect("the server listens where it is told to"),
		}, "EndpointConfiguration")
	} else {
		check(l.report, n, oneOf("REGIONAL", "EDGE"), "EndpointConfiguration")
	}
	l.note(n.at, "EndpointConfiguration has no effect here: one server serves every endpoint type")
}

// mediaTypes undoes SAM's writing of / as ~1.
func mediaTypes(n *node) *node {
	if n == nil || n.kind != list {
		return n
	}
	out := newList(n.at)
	for _, item := range n.items {
		if item.scalar() {
			item = newText(item.at, strings.ReplaceAll(item.text, "~1", "/"))
		}
		out.items = append(out.items, item)
	}
	return out
}

// resource gives the logical id of a path's resource, making it and its parents.
func (a *guardedAPI) resource(path string, at Position) *node {
	if path == "/" {
		return newGetAtt(at, a.id, "RootResourceId")
	}
	if id, ok := a.resources[path]; ok {
		return newRef(at, id)
	}
	cut := strings.LastIndex(path, "/")
	parent, part := path[:max(cut, 1)], path[cut+1:]
	if cut == 0 {
		parent = "/"
	}
	if strings.HasPrefix(part, "{") {
		if other, ok := a.variable[parent]; ok && other != part {
			a.problem(at, "%s cannot have both %s and %s: a path has one variable part at each place", parent, other, part)
		}
		a.variable[parent] = part
	}
	parentNode := a.resource(parent, at)
	id := generated(a.id, "Resource", path)
	a.resources[path] = id
	a.follows = append(a.follows, id)
	a.add(&resource{id: id, kind: apiResourceType, at: at, label: path, properties: newMapping(at,
		"RestApiId", newRef(at, a.id), "ParentId", parentNode, "PathPart", newText(at, part))})
	return newRef(at, id)
}

// generated is a logical id that says what it is, and is the same each time.
func generated(api, what, key string) string {
	sum := sha256.Sum256([]byte(key))
	word := letters(key)
	return api + what + word[:min(len(word), 40)] + hex.EncodeToString(sum[:4])
}

func (a *guardedAPI) method(rt route) string {
	id := generated(a.id, "Method", rt.method+" "+rt.path)
	uri := newJoin(rt.at, newText(rt.at, fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/", a.partition, a.region)),
		newGetAtt(rt.at, rt.function, "Arn"), newText(rt.at, "/invocations"))
	properties := newMapping(rt.at,
		"RestApiId", newRef(rt.at, a.id), "ResourceId", a.resource(rt.path, rt.at), "HttpMethod", newText(rt.at, rt.method),
		"Integration", newMapping(rt.at, "Type", newText(rt.at, "AWS_PROXY"), "IntegrationHttpMethod", newText(rt.at, "POST"),
			"Uri", uri, "TimeoutInMillis", rt.timeout, "Credentials", a.invokeRole(rt)))
	name, at := a.authorizerOf(rt)
	a.guard(properties, name, at, rt.scopes)
	if name == "" && rt.method != "OPTIONS" && len(a.authorizers) > 0 {
		a.open(rt.at, rt.method+" "+rt.path)
	}
	a.add(&resource{id: id, kind: methodType, at: rt.at, label: rt.method + " " + rt.path, properties: properties})
	return id
}

// permission lets the gateway, on this route alone, call the function.
func (a *guardedAPI) permission(rt route) {
	verb := rt.method
	if verb == "ANY" {
		verb = "*"
	}
	parts := strings.Split(rt.path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "*"
		}
	}
	source := newJoin(rt.at, newText(rt.at, fmt.Sprintf("arn:%s:execute-api:%s:%s:", a.partition, a.region, a.account)),
		newRef(rt.at, a.id), newText(rt.at, "/*/"+verb+strings.Join(parts, "/")))
	id := rt.function + letters(rt.event) + "Permission" + letters(a.stage)
	a.permissions = append(a.permissions, id)
	a.add(&resource{
		id: id, kind: permissionType, at: rt.at, label: rt.method + " " + rt.path,
		properties: newMapping(rt.at, "Action", newText(rt.at, "lambda:InvokeFunction"), "Principal", newText(rt.at, "apigateway.amazonaws.com"),
			"FunctionName", newRef(rt.at, rt.function), "SourceArn", source),
	})
}

func (a *guardedAPI) deployAndStage(p *node, api resource) {
	deployment := a.id + "Deployment"
	a.add(&resource{id: deployment, kind: deploymentType, at: a.at, label: a.id, follows: a.follows, needs: slices.Concat(api.needs, a.permissions),
		properties: newMapping(a.at, "RestApiId", newRef(a.at, a.id))})
	a.add(&resource{id: stageID(a.id, a.stage), kind: stageType, at: a.at, label: a.stage, properties: newMapping(a.at,
		"RestApiId", newRef(a.at, a.id), "StageName", newText(a.at, a.stage), "DeploymentId", newRef(a.at, deployment),
		"Variables", p.get("Variables"), "MethodSettings", p.get("MethodSettings"), "AccessLogSetting", p.get("AccessLogSetting"))})
}
