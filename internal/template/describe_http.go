package template

import (
	"context"
	"slices"
	"strings"
)

func (d *deploy) describeHTTPAPI(ctx context.Context, api *resourceRow) API {
	a := API{Kind: "HTTP", LogicalID: api.LogicalID, ID: api.PhysicalID, Name: api.Attributes["Name"]}
	for _, id := range d.order {
		r, row := d.resources[id], d.current(id)
		if row.Handles["ApiId"] != api.PhysicalID {
			continue
		}
		switch r.kind {
		case httpStageType:
			a.Stages = append(a.Stages, Stage{Name: row.PhysicalID, URL: d.apiURL(api.PhysicalID) + row.PhysicalID})
		case httpRouteType:
			a.Routes = append(a.Routes, d.describeHTTPRoute(ctx, r, row))
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

func (d *deploy) describeHTTPRoute(ctx context.Context, r *resource, row *resourceRow) Route {
	route := Route{Method: "ANY", Path: catchAll}
	if verb, path, ok := strings.Cut(row.Attributes["RouteKey"], " "); ok {
		route.Method, route.Path = verb, path
	}
	for _, other := range d.rows {
		if other.Type != httpAuthorizerType.name || row.Attributes["AuthorizerId"] == "" || other.PhysicalID != row.Attributes["AuthorizerId"] {
			continue
		}
		route.Authorizer = other.Attributes["Name"]
		if authorizer := d.resources[other.LogicalID]; authorizer != nil {
			if source := authorizer.properties.get("IdentitySource").texts(); len(source) > 0 {
				route.Header = strings.TrimPrefix(source[0], "$request.header.")
			}
			issuer := d.evaluate(ctx, &report{file: d.file}, authorizer.properties.get("JwtConfiguration")).get("Issuer")
			for _, pool := range d.rows {
				if pool.Type == userPoolType.name && pool.live() && issuer != nil && strings.HasSuffix(issuer.text, "/"+pool.PhysicalID) {
					route.Pools = append(route.Pools, pool.PhysicalID)
				}
			}
		}
	}
	route.ByFunction = row.Attributes["AuthorizationType"] == "CUSTOM"
	if row.Attributes["AuthorizationType"] == awsIAM {
		route.Authorizer, route.Signed = awsIAM, true
	}
	route.Scopes = r.properties.get("AuthorizationScopes").texts()
	// The route names its integration, which names the function.
	r.properties.get("Target").walk(func(n *node) {
		if n.kind != function || n.text != "Ref" {
			return
		}
		if i := d.resources[n.argument().text]; i != nil && i.kind == httpIntegrationType {
			i.properties.get("IntegrationUri").walk(func(m *node) {
				if m.kind == function && m.text == "Fn::GetAtt" {
					if id := m.argument().items[0].text; d.resources[id] != nil && d.resources[id].kind == functionType {
						route.Function = id
					}
				}
			})
		}
	})
	return route
}

// httpAPIURL is the address of an HTTP API's default stage, which URLs of AWS do
// not name, unless the text goes on with the name of another one.
func (d *deploy) httpAPIURL(id, text string) string {
	rest := awsAddress.ReplaceAllString(text, "")
	first, _, _ := strings.Cut(rest, "/")
	for _, row := range d.rows {
		if row.Type == httpStageType.name && row.live() && row.Handles["ApiId"] == id && row.PhysicalID == first && first != "" {
			return d.apiURL(id)
		}
	}
	return d.apiURL(id) + catchAll + "/"
}
