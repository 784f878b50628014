package gateway

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// What the parts of an HTTP API can be. The control plane asks when it is given
// one; the data plane serves nothing that does not pass.

// The limits of one API, as AWS's quotas stand.
const (
	maxScopes    = 10
	maxAudiences = 50
	maxOrigins   = 100 // of a CORS configuration, and so each of its lists
)

const (
	leastHTTPTimeout   = 50    // milliseconds
	longestHTTPTimeout = 30000 // milliseconds
)

// AuthorizerJWT is the other kind of authorizer that HTTP APIs have, beside
// AuthorizerRequest.
const AuthorizerJWT = "JWT"

// The versions of the events that functions and authorizers get.
const (
	PayloadOne = "1.0"
	PayloadTwo = "2.0"
)

// Check holds a CORS configuration to what browsers can be told.
func (c *CORS) Check() error {
	for name, list := range map[string][]string{
		"allowOrigins": c.AllowOrigins, "allowMethods": c.AllowMethods, "allowHeaders": c.AllowHeaders, "exposeHeaders": c.ExposeHeaders,
	} {
		if len(list) > maxOrigins {
			return mistake("Invalid CORS configuration: %s has more than %d entries", name, maxOrigins)
		}
		if c.AllowCredentials && slices.Contains(list, "*") && name == "allowOrigins" {
			return mistake("allow-credentials is not supported if 'allow-origin' is *")
		}
	}
	if c.MaxAge != nil && (*c.MaxAge < -1 || *c.MaxAge > 86400) {
		return mistake("Invalid CORS configuration: maxAge must be between -1 and 86400 seconds")
	}
	for _, origin := range c.AllowOrigins {
		if !isOrigin(origin) {
			return mistake("Invalid format for origin %s. Origins should begin with a valid scheme and have no path, or be *, http://* or https://*", origin)
		}
	}
	for _, method := range c.AllowMethods {
		if method != "*" && !isHeaderName(method) {
			return mistake("Invalid CORS configuration: the method %q", method)
		}
	}
	for _, header := range slices.Concat(c.AllowHeaders, c.ExposeHeaders) {
		if header != "*" && !isHeaderName(header) {
			return mistake("Invalid CORS configuration: the header %q", header)
		}
	}
	return nil
}

// isOrigin: *, http://*, https://*, or a scheme, a host and perhaps a port, as
// browsers send them. Schemes of applications (capacitor://localhost) are origins, too.
func isOrigin(origin string) bool {
	if origin == "*" || origin == "http://*" || origin == "https://*" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Hostname() != "" && origin == u.Scheme+"://"+u.Host &&
		!strings.ContainsAny(u.Host, "*, ") && isHeaderValue(origin)
}

// Check holds a route to what can be served, as far as that can be told from it
// alone: that its integration is there, and its authorizer is of the right kind,
// is for those to tell who have the whole API.
func (r *HTTPRoute) Check() error {
	if _, err := ParseRouteKey(r.Key); err != nil {
		return err
	}
	switch r.Authorization {
	case AuthorizationNone, AuthorizationIAM, AuthorizationCustom, AuthorizationJWT:
	default:
		return mistake("Invalid authorization type specified: %s. Must be one of: NONE, AWS_IAM, CUSTOM, JWT", r.Authorization)
	}
	if guarded := r.Authorization == AuthorizationCustom || r.Authorization == AuthorizationJWT; guarded != (r.AuthorizerID != "") {
		if guarded {
			return NoAuthorizer(r.Authorization)
		}
		return mistake("Invalid authorizer ID specified: the authorization type %s has no authorizer", r.Authorization)
	}
	if len(r.Scopes) > 0 && r.Authorization != AuthorizationJWT {
		return mistake("Authorization scopes are only supported with the authorization type JWT")
	}
	if len(r.Scopes) > maxScopes {
		return mistake("Invalid authorization scopes specified: a route has at most %d", maxScopes)
	}
	for _, scope := range r.Scopes {
		if !isScope(scope) {
			return mistake("Invalid authorization scope specified: %q", scope)
		}
	}
	if len(r.OperationName) > 64 {
		return mistake("Invalid operation name specified: it has at most 64 characters")
	}
	if _, ok := strings.CutPrefix(r.Target, targetPrefix); r.Target != "" && (!ok || r.IntegrationID() == "") {
		return mistake("Invalid target specified: %s. It is of the form integrations/{integrationId}", r.Target)
	}
	return nil
}

// NoAuthorizer is what a route is told that names no authorizer of its kind.
func NoAuthorizer(authorization string) error {
	if authorization == AuthorizationJWT {
		return mistake("Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid JWT authorizer.")
	}
	return mistake("Invalid authorizer ID specified. Setting the authorization type to CUSTOM requires a valid authorizer.")
}

// isScope: printable, without what separates scopes (RFC 6749, 3.3).
func isScope(s string) bool {
	for _, c := range []byte(s) {
		if c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

const targetPrefix = "integrations/"

// IntegrationID is the integration that a route's target names; "" for none.
func (r *HTTPRoute) IntegrationID() string { return strings.TrimPrefix(r.Target, targetPrefix) }

// TargetOf is the target that names an integration.
func TargetOf(integrationID string) string { return targetPrefix + integrationID }

// Check holds an integration to what can be asked.
func (i *HTTPIntegration) Check(region string) error {
	switch i.Type {
	case IntegrationLambda:
		if i.PayloadVersion != PayloadOne && i.PayloadVersion != PayloadTwo {
			return mistake("Invalid payload format version specified: a Lambda proxy integration requires PayloadFormatVersion 1.0 or 2.0")
		}
		if i.Method != "POST" {
			return mistake("Invalid integration method specified: a function is invoked by POST")
		}
		if err := checkFunction(region, i.URI); err != nil {
			return err
		}
	case IntegrationHTTP:
		if i.PayloadVersion != PayloadOne {
			return mistake("Invalid payload format version specified: an HTTP proxy integration takes PayloadFormatVersion 1.0 only")
		}
		if i.Method != AnyVerb && !IsVerb(i.Method) {
			return mistake("Invalid integration method specified: an HTTP proxy integration requires one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, ANY")
		}
		if i.CredentialsARN != "" {
			return mistake("Credentials are not supported for HTTP proxy integrations")
		}
		if err := CheckBackendURI(i.URI); err != nil {
			return err
		}
	default:
		return mistake("Invalid integration type specified: %s. Must be one of: AWS_PROXY, HTTP_PROXY", i.Type)
	}
	if i.TimeoutMillis < leastHTTPTimeout || i.TimeoutMillis > longestHTTPTimeout {
		return mistake("Timeout should be between %d ms and %d ms", leastHTTPTimeout, longestHTTPTimeout)
	}
	if err := CheckCredentials(i.CredentialsARN, true); err != nil {
		return err
	}
	return i.checkParameters()
}

// checkFunction takes the ARN of a function, or the URI that invokes it.
func checkFunction(region, uri string) error {
	if !strings.Contains(uri, ":lambda:path/") {
		if plain := stageVariable.ReplaceAllString(uri, "0"); functionARN.MatchString(plain) {
			return nil
		}
		return mistake("Invalid function ARN or invalid uri")
	}
	return CheckFunctionURI(region, uri)
}

// Check holds an authorizer to what can be decided on.
func (a *HTTPAuthorizer) Check(region string) error {
	if a.Name == "" || len(a.Name) > 128 {
		return mistake("Invalid authorizer name specified: a name has 1 to 128 characters")
	}
	for _, source := range a.IdentitySources {
		if _, err := ParseIdentitySource(source); err != nil {
			return err
		}
	}
	switch a.Type {
	case AuthorizerJWT:
		return a.checkJWT()
	case AuthorizerRequest:
		return a.checkRequest(region)
	}
	return mistake("Invalid authorizer type specified: %s. Must be one of: REQUEST, JWT", a.Type)
}

func (a *HTTPAuthorizer) checkJWT() error {
	if a.URI != "" || a.CredentialsARN != "" || a.PayloadVersion != "" || a.SimpleResponses || a.TTLSeconds != nil {
		return mistake("A JWT authorizer has no URI, credentials, payload format version, simple responses or result TTL")
	}
	if len(a.IdentitySources) != 1 {
		return mistake("Invalid identity source specified: a JWT authorizer takes exactly one")
	}
	if s, _ := ParseIdentitySource(a.IdentitySources[0]); s.From != HeaderSource && s.From != QuerySource {
		return mistake("Invalid identity source specified: a token comes in a header or in a query parameter")
	}
	if len(a.Audience) == 0 || len(a.Audience) > maxAudiences {
		return mistake("Invalid JWT configuration: Audience must have 1 to %d entries", maxAudiences)
	}
	if slices.Contains(a.Audience, "") {
		return mistake("Invalid JWT configuration: an audience cannot be empty")
	}
	return checkIssuer(a.Issuer)
}

// checkIssuer wants https, or http to this machine, as everywhere.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || len(issuer) > 2048 {
		return mistake("Invalid JWT configuration: Issuer must be an https URL without query and fragment")
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return mistake("Invalid JWT configuration: Issuer must be an https URL; plain http is for this machine alone")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func (a *HTTPAuthorizer) checkRequest(region string) error {
	if a.Issuer != "" || len(a.Audience) > 0 {
		return mistake("JwtConfiguration is only supported for JWT authorizers")
	}
	if a.PayloadVersion != PayloadOne && a.PayloadVersion != PayloadTwo {
		return mistake("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer: it is 1.0 or 2.0")
	}
	if a.SimpleResponses && a.PayloadVersion != PayloadTwo {
		return mistake("EnableSimpleResponses is only supported with AuthorizerPayloadFormatVersion 2.0")
	}
	if ttl := a.TTLSeconds; ttl != nil {
		if *ttl < 0 || *ttl > longestTTL {
			return mistake("Invalid authorizer result TTL specified: must be between 0 and 3600 seconds")
		}
		if *ttl > 0 && len(a.IdentitySources) == 0 {
			return mistake("At least one identity source is required to cache the results of an authorizer (AuthorizerResultTtlInSeconds)")
		}
	}
	if a.URI == "" {
		return mistake("AuthorizerUri is a required parameter for REQUEST authorizer")
	}
	if err := CheckFunctionURI(region, a.URI); err != nil {
		return err
	}
	return CheckCredentials(a.CredentialsARN, false)
}

// httpSources are the prefixes of the identity sources of HTTP APIs.
var httpSources = []struct{ prefix, from string }{
	{"$request.header.", HeaderSource}, {"$request.querystring.", QuerySource}, {"$context.", ContextSource}, {"$stageVariables.", VariableSource},
}

// ParseIdentitySource reads an identity source of an HTTP API: $request.header.X,
// $request.querystring.X, $context.X or $stageVariables.X. A variable that only
// an authorizer gives cannot be what it is asked by.
func ParseIdentitySource(text string) (IdentitySource, error) {
	for _, s := range httpSources {
		name, ok := strings.CutPrefix(text, s.prefix)
		if !ok {
			continue
		}
		switch s.from {
		case HeaderSource:
			ok = isHeaderName(name)
		case QuerySource:
			ok = parameterName.MatchString(name)
		case ContextSource:
			ok = name == "routeKey" || slices.Contains(authorizerContext, name)
		case VariableSource:
			ok = variableName.MatchString(name)
		}
		if ok {
			return IdentitySource{s.from, name}, nil
		}
	}
	return IdentitySource{}, mistake("Invalid identity source specified: %s. It is $request.header.{name}, $request.querystring.{name}, $context.{name} or $stageVariables.{name}", text)
}
