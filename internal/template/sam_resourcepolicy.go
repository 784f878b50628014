package template

import (
	"slices"
	"strings"
)

// samResourcePolicy says who may reach an API, or with an event one route of it,
// in SAM's short forms.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html
var samResourcePolicy = records(fields{
	"CustomStatements":    anyJSON,
	"AwsAccountWhitelist": strs, "AwsAccountBlacklist": strs, "IpRangeWhitelist": strs, "IpRangeBlacklist": strs,
	"IntrinsicVpcWhitelist": noNetworks, "IntrinsicVpcBlacklist": noNetworks, "IntrinsicVpceWhitelist": noNetworks, "IntrinsicVpceBlacklist": noNetworks,
	"SourceVpcWhitelist": noNetworks, "SourceVpcBlacklist": noNetworks,
}).now()

var noNetworks = unsupported("there are no networks here; use IpRangeWhitelist")

// policy is the API's resource policy: the one that is written out, or what the
// short forms of the API and of its events mean. nil: none.
func (a *guardedAPI) policy(p *node, routes []route) *node {
	whole := p.get("Policy")
	var statements []*node
	if short := p.get("Auth").get("ResourcePolicy"); short != nil {
		paths := map[string]bool{}
		for _, rt := range routes {
			paths[routePath(rt)] = true
			if p.get("Cors") != nil {
				preflight := rt
				preflight.method = "OPTIONS"
				paths[routePath(preflight)] = true
			}
		}
		var all []string
		for path := range paths {
			all = append(all, path)
		}
		slices.Sort(all)
		statements = a.statements(short, all)
	}
	for _, rt := range routes {
		if rt.policy != nil {
			statements = append(statements, a.statements(rt.policy, []string{routePath(rt)})...)
		}
	}
	if len(statements) == 0 {
		return whole
	}
	if whole != nil {
		a.problem(whole.at, "Policy and ResourcePolicy cannot both be given: one would hide the other")
		return whole
	}
	at := statements[0].at
	return newMapping(at, "Version", newText(at, "2012-10-17"), "Statement", newList(at, statements...))
}

// routePath is a route as a policy's Resource names it below the stage.
func routePath(rt route) string {
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
	return verb + strings.Join(parts, "/")
}

// statements are what one ResourcePolicy means for some routes. A whitelist of
// addresses is an allow for all and a deny for those outside of it.
func (a *guardedAPI) statements(n *node, paths []string) []*node {
	at := n.at
	resources := newList(at)
	for _, path := range paths {
		resources.items = append(resources.items, newText(at, "execute-api:/"+a.stage+"/"+path))
	}
	statement := func(effect string, principal *node, condition *node) *node {
		s := newMapping(at, "Effect", newText(at, effect), "Principal", principal, "Action", newText(at, "execute-api:Invoke"), "Resource", resources)
		if condition != nil {
			s.fields = append(s.fields, field{"Condition", at, condition})
		}
		return s
	}
	everybody := newText(at, "*")
	var out []*node
	if custom := n.get("CustomStatements"); custom != nil {
		if custom.kind == list {
			out = append(out, custom.items...)
		} else {
			out = append(out, custom)
		}
	}
	accounts := func(effect string, ids *node) {
		if ids != nil {
			out = append(out, statement(effect, newMapping(at, "AWS", ids), nil))
		}
	}
	accounts("Allow", n.get("AwsAccountWhitelist"))
	accounts("Deny", n.get("AwsAccountBlacklist"))
	white, black := n.get("IpRangeWhitelist"), n.get("IpRangeBlacklist")
	if white != nil || black != nil {
		out = append(out, statement("Allow", everybody, nil))
	}
	if white != nil {
		out = append(out, statement("Deny", everybody, newMapping(at, "NotIpAddress", newMapping(at, "aws:SourceIp", white))))
	}
	if black != nil {
		out = append(out, statement("Deny", everybody, newMapping(at, "IpAddress", newMapping(at, "aws:SourceIp", black))))
	}
	return out
}

// gatewayResponses are the API's own words for refusals.
func (a *guardedAPI) gatewayResponses(n *node) {
	if n == nil {
		return
	}
	for _, f := range n.fields {
		parameters := newMapping(f.at)
		for part, prefix := range map[string]string{"Headers": "gatewayresponse.header.", "Paths": "gatewayresponse.path.", "QueryStrings": "gatewayresponse.querystring."} {
			if of := f.value.get("ResponseParameters").get(part); of != nil {
				for _, p := range of.fields {
					parameters.fields = append(parameters.fields, field{prefix + p.name, p.at, p.value})
				}
			}
		}
		slices.SortFunc(parameters.fields, func(x, y field) int { return strings.Compare(x.name, y.name) })
		id := a.id + letters(f.name) + "GatewayResponse"
		a.follows = append(a.follows, id)
		properties := newMapping(f.at, "RestApiId", newRef(f.at, a.id), "ResponseType", newText(f.at, f.name),
			"StatusCode", f.value.get("StatusCode"), "ResponseTemplates", f.value.get("ResponseTemplates"))
		if len(parameters.fields) > 0 {
			properties.fields = append(properties.fields, field{"ResponseParameters", f.at, parameters})
		}
		a.add(&resource{id: id, kind: gatewayResponseType, at: f.at, label: f.name, properties: properties})
	}
}
