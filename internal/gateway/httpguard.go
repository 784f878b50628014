package gateway

// compileHTTPGuard knows what a route of an HTTP API can demand of its caller.
// Every other kind, and an authorizer that is gone or of another kind, leaves the
// route closed.
func (g *Gateway) compileHTTPGuard(s *stage, r *HTTPRoute, parts httpParts) guard {
	switch r.Authorization {
	case AuthorizationNone:
		return guard{kind: guardNone, name: AuthorizationNone}
	case AuthorizationIAM:
		return guard{kind: guardIAM, name: AuthorizationIAM}
	case AuthorizationCustom:
		if f := parts.functions[r.AuthorizerID]; f != nil {
			return f.guard()
		}
	}
	return guard{}
}
