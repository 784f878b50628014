package gateway

import (
	"slices"
	"strings"
)

// Deployment is an API as it was at one instant. Only its description changes.
type Deployment struct {
	APIID       string
	ID          string
	Description string `json:",omitempty"`
	Created     int64  // Unix milliseconds
	Auto        bool   `json:",omitempty"` // made by a stage that deploys by itself
	Definition  Definition
}

// Definition is all that the data plane needs to serve an API: of the one kind,
// or with HTTP set, of the other.
type Definition struct {
	EndpointDisabled bool `json:",omitempty"`

	// Of a REST API.
	BinaryMediaTypes []string           `json:",omitempty"`
	Policy           string             `json:",omitempty"` // resource policy
	Resources        []*Resource        `json:",omitempty"`
	Authorizers      []*Authorizer      `json:",omitempty"`
	Responses        []*GatewayResponse `json:",omitempty"`

	HTTP *HTTPDefinition `json:",omitempty"`
}

// Stage gives a deployment a name in the URL.
type Stage struct {
	APIID        string
	Name         string // $default: an HTTP API's, without a segment in the URL
	Region       string
	DeploymentID string            // "": a stage of an HTTP API to which nothing was deployed yet
	Description  string            `json:",omitempty"`
	Variables    map[string]string `json:",omitempty"`
	Tags         map[string]string `json:",omitempty"`
	Created      int64             // Unix milliseconds
	Updated      int64

	HTTP       bool   `json:",omitempty"` // of an HTTP API
	AutoDeploy bool   `json:",omitempty"` // HTTP APIs: each change of the API is deployed at once
	Managed    bool   `json:",omitempty"` // HTTP APIs: made together with the API, which alone may change it
	LastStatus string `json:",omitempty"` // HTTP APIs: what came of the last deployment by itself

	// Settings by "*/*" or "{path with ~1 for /}/{VERB}" of a REST API; by route
	// key of an HTTP API, whose default stands under "".
	Settings  map[string]*MethodSettings `json:",omitempty"`
	AccessLog *AccessLog                 `json:",omitempty"`

	// Flushes counts how often the results of authorizers were thrown away: a
	// change of it empties every node's cache.
	Flushes int64 `json:",omitempty"`
}

// MethodSettings are what a stage says of some or all of its methods. nil: not said.
type MethodSettings struct {
	Written          string   `json:",omitempty"` // their key as whoever set them wrote it; "": as it stands
	RateLimit        *float64 `json:",omitempty"` // requests per second, steady
	BurstLimit       *int32   `json:",omitempty"` // requests at once
	LoggingLevel     string   `json:",omitempty"` // OFF, ERROR, INFO: kept and told; each request has its record anyway
	DataTrace        *bool    `json:",omitempty"`
	Metrics          *bool    `json:",omitempty"`
	CachingEnabled   *bool    `json:",omitempty"` // false alone is accepted
	CacheTTLSeconds  *int32   `json:",omitempty"`
	CacheEncrypted   *bool    `json:",omitempty"`
	RequireAuthCache *bool    `json:",omitempty"`
	UnauthorizedWay  string   `json:",omitempty"`
}

// AccessLog is where a stage writes one line for each request, and what stands in it.
type AccessLog struct {
	DestinationARN string
	Format         string
}

// AnyVerb is a method that stands for every verb that has no method of its own.
const AnyVerb = "ANY"

// verbs are the HTTP methods that a resource can define. ANY stands for these
// and no others: TRACE, CONNECT or get reach nothing.
var verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// Verbs are the HTTP methods that ANY stands for.
func Verbs() []string { return slices.Clone(verbs) }

// IsVerb says whether s is one of them.
func IsVerb(s string) bool { return slices.Contains(verbs, s) }

// The kinds of authorization that methods and routes can name.
const (
	AuthorizationNone    = "NONE"
	AuthorizationIAM     = "AWS_IAM"
	AuthorizationCognito = "COGNITO_USER_POOLS"
	AuthorizationCustom  = "CUSTOM"
	AuthorizationJWT     = "JWT" // HTTP APIs alone
)

// The types of integration.
const (
	IntegrationLambda = "AWS_PROXY"
	IntegrationHTTP   = "HTTP_PROXY"
	IntegrationMock   = "MOCK"
)

// Variable reads a path part that is a variable: "{id}" is (id, false, true),
// "{proxy+}" is (proxy, true, true).
func Variable(part string) (name string, greedy, ok bool) {
	if len(part) < 3 || part[0] != '{' || part[len(part)-1] != '}' {
		return "", false, false
	}
	name, greedy = strings.CutSuffix(part[1:len(part)-1], "+")
	return name, greedy, true
}
