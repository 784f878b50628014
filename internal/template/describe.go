package template

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/keyring"
)

// Action is what a deploy did to a resource.
type Action string

const (
	Created  Action = "created"
	Updated  Action = "updated"
	Replaced Action = "replaced"
	Deleted  Action = "deleted"
)

// Change is one resource that a deploy has touched.
type Change struct {
	LogicalID  string
	Type       string
	Label      string
	Action     Action
	Properties []string // names of the properties that changed, sorted
}

// Outcome is what a stack is after a deploy.
type Outcome struct {
	Stack   string
	Changes []Change // in the order in which they were made; empty if there was nothing to do
	Left    []string // logical ids whose removal failed; the next deploy tries again
	Outputs []Output
	APIs    []API
	Pools   []Pool
	Notes   []Problem
}

// Output is one of the template's Outputs.
type Output struct {
	Name, Description string
	Value             string
	Local             string // Value with AWS's address of an API changed to this server's; "" if there is none in it
	Secret            bool   // do not show it unasked
}

// API is one API with its stages and routes.
type API struct {
	Kind                string // REST or HTTP
	LogicalID, ID, Name string
	HasPolicy           bool // a resource policy says who may call it at all
	Stages              []Stage
	Routes              []Route // sorted by path and method
}

// Stage is where an API is called. URL has no slash at the end.
type Stage struct{ Name, URL string }

// Route is one method of an API.
type Route struct {
	Method, Path string
	Authorizer   string   // name of its authorizer, AWS_IAM, or "" if anyone may call it
	Signed       bool     // it is AWS_IAM: requests carry a signature, not a token
	ByFunction   bool     // its authorizer is a function, which knows what it asks for
	Scopes       []string // any one of which an access token must have; none: an ID token
	Function     string   // logical id; "" if it calls none
	Header       string   // in which its authorizer looks for the token
	Pools        []string // ids of the user pools whose tokens its authorizer takes
}

// Pool is one user pool with what the template puts into it.
type Pool struct {
	LogicalID, ID, Name string
	Issuer              string
	SignUp              bool // anybody may
	Clients             []Client
	Users               []User
}

// Client is an app client.
type Client struct {
	LogicalID, ID, Name string
	HasSecret           bool
	Flows               []string // ExplicitAuthFlows
}

// User is a user of a pool.
type User struct {
	LogicalID, Username string
	// Password is the one that a deploy has made up, nil if it has not. Whoever
	// has changed it since knows better.
	Password *keyring.Secret
}

// outcome describes the stack as it now is.
func (d *deploy) outcome(ctx context.Context) (*Outcome, error) {
	o := &Outcome{Stack: d.stack, Notes: append(slices.Clone(d.notes), d.staleDeployments(ctx)...)}
	rep := &report{file: d.file}
	for _, out := range d.outputs {
		v := d.evaluate(ctx, rep, out.value)
		switch {
		case v.scalar():
			local := d.local(v.text)
			o.Outputs = append(o.Outputs, Output{Name: out.name, Description: out.description, Value: v.text, Local: local, Secret: hasSecret(v)})
		case len(rep.problems) == 0:
			rep.problem(v.at, "output %q must be text, not %s", out.name, v.kind)
		}
	}
	if err := rep.err(); err != nil {
		return nil, err
	}
	for _, id := range d.order {
		row := d.current(id)
		switch d.resources[id].kind {
		case restAPIType:
			o.APIs = append(o.APIs, d.describeAPI(ctx, row))
		case httpAPIType:
			o.APIs = append(o.APIs, d.describeHTTPAPI(ctx, row))
		case userPoolType:
			o.Pools = append(o.Pools, d.describePool(row))
		}
	}
	return o, nil
}

func hasSecret(n *node) bool {
	secret := false
	n.walk(func(m *node) { secret = secret || m.secret })
	return secret
}

var awsAddress = regexp.MustCompile(`https?://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(/|$)`)

// local is text with AWS's addresses of this stack's APIs changed to this server's.
func (d *deploy) local(s string) string {
	changed := awsAddress.ReplaceAllStringFunc(s, func(address string) string {
		id := awsAddress.FindStringSubmatch(address)[1]
		for _, row := range d.rows {
			var here string
			switch {
			case row.PhysicalID != id:
			case row.Type == restAPIType.name:
				here = d.apiURL(id)
			case row.Type == httpAPIType.name:
				here = d.httpAPIURL(id, s)
			}
			switch {
			case here == "":
			case strings.HasSuffix(address, "/"):
				return here
			default: // paths are added to it
				return strings.TrimSuffix(here, "/")
			}
		}
		return address
	})
	if changed == s {
		return ""
	}
	return changed
}

func (d *deploy) apiURL(id string) string { return d.URL + "/_aws/execute-api/" + id + "/" }

func (d *deploy) describeAPI(ctx context.Context, api *resourceRow) API {
	a := API{Kind: "REST", LogicalID: api.LogicalID, ID: api.PhysicalID, Name: api.Attributes["Name"]}
	if r := d.resources[api.LogicalID]; r != nil {
		a.HasPolicy = r.properties.get("Policy") != nil
	}
	for _, id := range d.order {
		r, row := d.resources[id], d.current(id)
		if row.Handles["RestApiId"] != api.PhysicalID {
			continue
		}
		switch r.kind {
		case stageType:
			a.Stages = append(a.Stages, Stage{Name: row.PhysicalID, URL: d.apiURL(api.PhysicalID) + row.PhysicalID})
		case deploymentType:
			if name := row.Handles["StageName"]; name != "" {
				a.Stages = append(a.Stages, Stage{Name: name, URL: d.apiURL(api.PhysicalID) + name})
			}
		case methodType:
			a.Routes = append(a.Routes, d.describeRoute(ctx, r, row))
		}
	}
	slices.SortFunc(a.Routes, func(x, y Route) int {
		if c := strings.Compare(x.Path, y.Path); c != 0 {
			return c
		}
		return strings.Compare(x.Method, y.Method)
	})
	return a
}

func (d *deploy) describeRoute(ctx context.Context, r *resource, row *resourceRow) Route {
	route := Route{Method: row.Handles["HttpMethod"], Path: "/"}
	for _, other := range d.rows {
		switch {
		case other.Type == apiResourceType.name && other.PhysicalID == row.Handles["ResourceId"] && other.Handles["RestApiId"] == row.Handles["RestApiId"]:
			route.Path = other.Attributes["Path"]
		case other.Type == authorizerType.name && row.Attributes["AuthorizerId"] != "" && other.PhysicalID == row.Attributes["AuthorizerId"]:
			route.Authorizer = other.Attributes["Name"]
			route.Pools = d.poolsOf(ctx, other)
			route.Header = d.headerOf(other)
		}
	}
	route.ByFunction = row.Attributes["AuthorizationType"] == "CUSTOM"
	if row.Attributes["AuthorizationType"] == awsIAM {
		route.Authorizer, route.Signed = awsIAM, true
	}
	route.Scopes = r.properties.get("AuthorizationScopes").texts()
	if uri := r.properties.get("Integration").get("Uri"); uri != nil {
		uri.walk(func(n *node) {
			if n.kind == function && n.text == "Fn::GetAtt" {
				if id := n.argument().items[0].text; d.resources[id] != nil && d.resources[id].kind == functionType {
					route.Function = id
				}
			}
		})
	}
	return route
}

// poolsOf are the ids of the pools of this stack that an authorizer trusts.
func (d *deploy) poolsOf(ctx context.Context, authorizer *resourceRow) (ids []string) {
	r := d.resources[authorizer.LogicalID]
	if r == nil {
		return nil
	}
	arns := d.evaluate(ctx, &report{file: d.file}, r.properties.get("ProviderARNs"))
	for _, arn := range arns.items {
		for _, row := range d.rows {
			if row.Type == userPoolType.name && row.live() && row.Attributes["Arn"] == arn.text {
				ids = append(ids, row.PhysicalID)
			}
		}
	}
	return ids
}

func (d *deploy) headerOf(authorizer *resourceRow) string {
	if r := d.resources[authorizer.LogicalID]; r != nil {
		if source := r.properties.get("IdentitySource"); source.scalar() {
			return strings.TrimPrefix(source.text, "method.request.header.")
		}
	}
	return "Authorization"
}

func (d *deploy) describePool(pool *resourceRow) Pool {
	p := Pool{LogicalID: pool.LogicalID, ID: pool.PhysicalID, Name: pool.Attributes["Name"], Issuer: pool.Attributes["ProviderURL"]}
	if r := d.resources[pool.LogicalID]; r != nil {
		p.SignUp = !r.properties.get("AdminCreateUserConfig").get("AllowAdminCreateUserOnly").is("true")
	}
	for _, id := range d.order {
		r, row := d.resources[id], d.current(id)
		if row.Handles["UserPoolId"] != pool.PhysicalID {
			continue
		}
		switch r.kind {
		case userPoolClientType:
			p.Clients = append(p.Clients, Client{LogicalID: id, ID: row.PhysicalID, Name: row.Attributes["Name"],
				HasSecret: r.properties.get("GenerateSecret").is("true"), Flows: r.properties.get("ExplicitAuthFlows").texts()})
		case userPoolUserType:
			u := User{LogicalID: id, Username: row.PhysicalID}
			if row.Password != nil {
				if text, err := d.Keys.Open(keyring.Templates, passwordID(row), row.Password); err == nil {
					password := keyring.NewSecret(string(text))
					u.Password = &password
				}
			}
			p.Users = append(p.Users, u)
		}
	}
	return p
}
