package template

import (
	"regexp"
	"slices"
	"strings"
)

var samFunctionFields = fields{
	"FunctionName": str, "Handler": str, "Runtime": str, "CodeUri": anyJSON, "InlineCode": str, "Description": str,
	"MemorySize": integer, "Timeout": integer, "Environment": environmentShape, "Role": str, "PackageType": oneOf("Zip"),
	"Architectures": strs.without("functions run on this machine's own processor"),
	"Events": {kind: tableOf, early: true, item: &shape{kind: record, early: true, fields: fields{
		"Type": str.must().now(), "Properties": anyJSON,
	}}},
	"Policies": anyJSON, "AssumeRolePolicyDocument": anyJSON, "PermissionsBoundary": str, "RolePath": str,
	"Tracing": notTraced, "Tags": tagged, "LoggingConfig": noLogging, "PropagateTags": tagged,
	"AutoPublishAlias":              noEffect("no alias is made: the API always calls the latest code, as it would through the alias"),
	"AutoPublishAliasAllProperties": unsupported("the latest code is always what runs"),
	"AutoPublishCodeSha256":         unsupported("the latest code is always what runs"),
	"DeploymentPreference":          unsupported("nothing is rolled out in steps here"),
	"ProvisionedConcurrencyConfig":  unsupported("processes are kept warm as they are needed"),
	"VersionDescription":            unsupported("no versions are published"),
	"ReservedConcurrentExecutions":  unsupported("the limit of the server holds for all functions"),
	"Layers":                        unsupported("put what the layer holds into the function's folder"),
	"VpcConfig":                     unsupported("there are no networks here"),
	"FileSystemConfigs":             unsupported("there are no file systems here"),
	"EphemeralStorage":              unsupported("the size of /tmp is not limited for each function"),
	"FunctionUrlConfig":             unsupported("function URLs are not served"),
	"ImageUri":                      unsupported("container images are not run"),
	"ImageConfig":                   unsupported("container images are not run"),
	"DeadLetterQueue":               unsupported("there are no queues here"),
	"EventInvokeConfig":             unsupported("failed events are not sent elsewhere"),
	"KmsKeyArn":                     unsupported("variables are always encrypted under the server's master key"),
	"SnapStart":                     unsupported("there are no snapshots"),
	"CodeSigningConfigArn":          unsupported("code is not signed"),
	"RuntimeManagementConfig":       unsupported("the runtimes are this machine's own"),
	"RecursiveLoop":                 unsupported("there are no event sources that could loop"),
	"SourceKMSKeyArn":               unsupported("code is read from this machine"),
}

var samEventFields = fields{
	"Path": str.must(), "Method": str.must(), "RestApiId": anyJSON, "TimeoutInMillis": integer,
	"Auth": records(fields{
		"Authorizer": authorizerName, "AuthorizationScopes": strs, "OverrideApiAuth": noEffect("Authorizer is enough"),
		"InvokeRole":     str,
		"ApiKeyRequired": unsupported("API keys are not supported"),
		"ResourcePolicy": samResourcePolicy,
	}).now(),
	"RequestModel": unsupported("models are not supported"), "RequestParameters": unsupported("request validation is not supported"),
	"ResponseTransferMode": unsupported("answers are not streamed"),
}

// route is one Api event: a method on a path that calls a function.
type route struct {
	at           Position
	api          string // logical id
	path, method string
	function     string
	event        string
	authorizer   *node // nil: the API's default
	invokeRole   *node
	scopes       *node
	policy       *node // ResourcePolicy
	timeout      *node
}

const implicitAPI = "ServerlessRestApi"

// declareSAM makes the names known that SAM gives to what it makes, so that
// the rest of the template can refer to them.
func (l *loader) declareSAM() {
	for _, d := range l.declared {
		properties := d.body.get("Properties")
		switch d.kind {
		case samFunction:
			role := properties.get("Role")
			if role == nil {
				role = l.globals["Function"].get("Role")
			}
			if !l.givesRole(role) {
				l.env.resources[roleID(d.id)] = true
			}
			for _, e := range propertiesOf(properties.get("Events")) {
				if e.get("Type").is("Api") && e.get("Properties").get("RestApiId") == nil && !l.env.resources[implicitAPI] {
					l.env.resources[implicitAPI] = true
					l.nameStage(implicitAPI, "Prod", d.at)
				}
				if e.get("Type").is("HttpApi") && e.get("Properties").get("ApiId") == nil && !l.env.resources[implicitHTTPAPI] {
					l.env.resources[implicitHTTPAPI] = true
					l.nameHTTPStage(implicitHTTPAPI, catchAll, d.at)
				}
			}
		case samHTTPAPI:
			name := catchAll
			if stage := properties.get("StageName"); stage != nil {
				if known := l.env.eval(stage); known.scalar() {
					name = known.text
				}
			}
			l.nameHTTPStage(d.id, name, d.at)
		case samAPI:
			if stage := properties.get("StageName"); stage != nil {
				if name := l.env.eval(stage); name.scalar() {
					l.nameStage(d.id, name.text, d.at)
				}
			}
		}
	}
}

func propertiesOf(n *node) (all []*node) {
	if n != nil {
		for _, f := range n.fields {
			all = append(all, f.value)
		}
	}
	return all
}

func (l *loader) nameStage(api, stage string, at Position) {
	l.env.resources[stageID(api, stage)] = true
	l.env.resources[api+"Deployment"] = true
	l.env.aliases[api+".Stage"] = newRef(at, stageID(api, stage))
	l.env.aliases[api+".Deployment"] = newRef(at, api+"Deployment")
}

func (l *loader) nameHTTPStage(api, stage string, at Position) {
	l.env.resources[httpStageID(api, stage)] = true
	l.env.aliases[api+".Stage"] = newRef(at, httpStageID(api, stage))
}

func stageID(api, stage string) string { return api + letters(stage) + "Stage" }

var notLetters = regexp.MustCompile(`[^A-Za-z0-9]+`)

func letters(s string) string { return notLetters.ReplaceAllString(s, "") }

// expandFunction makes the plain function and gives back its routes.
func (l *loader) expandFunction(d *declaration) (routes []route, events []httpEvent) {
	p := d.resource.properties
	checkFields(l.report, p, samFunctionFields, samFunction)
	r := d.resource
	r.kind = functionType
	r.properties = &node{kind: mapping, at: p.at}
	for _, f := range p.fields {
		if _, same := functionType.properties[f.name]; same && f.name != "Tags" {
			r.properties.fields = append(r.properties.fields, f)
		}
	}
	if p.get("Role") == nil {
		r.properties.fields = append(r.properties.fields, field{"Role", p.at, l.functionRole(d)})
	} else {
		l.givenRole(d)
	}
	if p.get("Runtime") == nil {
		l.problem(p.at, "%s needs the property %q", samFunction, "Runtime")
	}
	r.code = l.functionCode(d)
	l.add(&r)
	declared := p.get("Events")
	if declared == nil || declared.kind != mapping { // reported already
		return nil, nil
	}
	for _, e := range declared.fields {
		kind, properties := e.value.get("Type"), e.value.get("Properties")
		switch {
		case kind == nil: // reported already
		case kind.is("HttpApi"):
			if h, ok := l.httpEvent(d, e, properties); ok {
				events = append(events, h)
			}
		case kind.is("Cognito"):
			l.poolEvent(d, e, properties)
		case !kind.is("Api"):
			l.problem(kind.at, "events of type %q are not supported; supported: Api, Cognito and HttpApi", kind.text)
		case properties == nil || properties.kind != mapping:
			l.problem(e.at, "event %q needs Properties with Path and Method", e.name)
		default:
			if rt, ok := l.route(d, e, properties); ok {
				routes = append(routes, rt)
			}
		}
	}
	return routes, events
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"}

func (l *loader) route(d *declaration, e field, p *node) (route, bool) {
	before := len(l.problems)
	checkFields(l.report, p, samEventFields, "event "+e.name)
	path, method := p.get("Path"), p.get("Method")
	if len(l.problems) > before {
		return route{}, false
	}
	if !path.scalar() || !method.scalar() {
		l.problem(e.at, "Path and Method of event %q must be known before resources are made", e.name)
		return route{}, false
	}
	rt := route{at: e.at, api: implicitAPI, path: path.text, method: strings.ToUpper(method.text), function: d.id, event: e.name, timeout: p.get("TimeoutInMillis")}
	if !slices.Contains(methods, rt.method) {
		l.problem(method.at, "method %q is not supported; supported: %s", method.text, names(methods))
	}
	if len(rt.path) > 1 { // API Gateway takes one slash at the end for none
		rt.path = strings.TrimSuffix(rt.path, "/")
	}
	if why := badPath(rt.path); why != "" {
		l.problem(path.at, "path %q %s", path.text, why)
	}
	if api := p.get("RestApiId"); api != nil {
		if api.kind != function || api.text != "Ref" {
			l.problem(api.at, "RestApiId must be a Ref to a resource of type %s", samAPI)
			return route{}, false
		}
		rt.api = api.argument().text
	}
	if auth := p.get("Auth"); auth != nil {
		rt.authorizer, rt.scopes, rt.invokeRole = auth.get("Authorizer"), auth.get("AuthorizationScopes"), auth.get("InvokeRole")
		rt.policy = auth.get("ResourcePolicy")
	}
	return rt, len(l.problems) == before
}

var segment = regexp.MustCompile(`^([A-Za-z0-9._~$:@!*',;=&()-]+|\{[A-Za-z0-9._:-]+\+?\})$`)

// badPath says what is wrong with a path, or nothing.
func badPath(path string) string {
	if path == "/" {
		return ""
	}
	segments := strings.Split(path, "/")
	if segments[0] != "" || len(segments) < 2 {
		return "must begin with /"
	}
	if len(path) > 1024 || len(segments) > 32 {
		return "is too long"
	}
	for i, s := range segments[1:] {
		switch {
		case s == "":
			return "must not have empty parts or end with /"
		case s == "." || s == ".." || !segment.MatchString(s):
			return "has a part that an API cannot have: " + s
		case strings.HasSuffix(s, "+}") && i != len(segments)-2:
			return "may have {name+} only as its last part"
		}
	}
	return ""
}
