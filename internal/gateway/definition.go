package gateway

import (
	"slices"
	"strings"
)

// API is a REST API's own settings.
type API struct {
	ID               string
	Region           string
	Name             string
	Description      string            `json:",omitempty"`
	Version          string            `json:",omitempty"`
	RootID           string            // the resource "/"
	BinaryMediaTypes []string          `json:",omitempty"`
	EndpointType     string            // EDGE or REGIONAL; both are served alike
	EndpointDisabled bool              `json:",omitempty"` // the execute-api host answers 403
	Tags             map[string]string `json:",omitempty"`
	Created          int64             // Unix milliseconds
}

// Resource is one path of an API, and its methods.
type Resource struct {
	APIID    string
	ID       string
	ParentID string             `json:",omitempty"` // "" for the root
	PathPart string             `json:",omitempty"` // "pets", "{id}", "{proxy+}"; "" for the root
	Path     string             // "/pets/{id}"
	Methods  map[string]*Method `json:",omitempty"` // by verb, or ANY
}

// Method is what one verb of a resource demands of its caller and does for them.
type Method struct {
	Authorization     string                    // NONE, AWS_IAM or COGNITO_USER_POOLS
	AuthorizerID      string                    `json:",omitempty"`
	Scopes            []string                  `json:",omitempty"` // an access token with one of them; none: an ID token
	OperationName     string                    `json:",omitempty"`
	RequestModels     map[string]string         `json:",omitempty"`
	RequestParameters map[string]bool           `json:",omitempty"` // method.request.path.id -> required
	Responses         map[string]MethodResponse `json:",omitempty"` // by status
	Integration       *Integration              `json:",omitempty"`
}

// MethodResponse declares a status that a method may answer with, and its headers.
type MethodResponse struct {
	Models     map[string]string `json:",omitempty"`
	Parameters map[string]bool   `json:",omitempty"` // method.response.header.X
}

// Integration is what stands behind a method.
type Integration struct {
	Type              string                         // AWS_PROXY, HTTP_PROXY or MOCK
	Method            string                         `json:",omitempty"` // towards the backend
	URI               string                         `json:",omitempty"`
	TimeoutMillis     int32                          // 50 to 29000
	Passthrough       string                         // WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER
	CacheNamespace    string                         `json:",omitempty"`
	RequestParameters map[string]string              `json:",omitempty"`
	RequestTemplates  map[string]string              `json:",omitempty"`
	Responses         map[string]IntegrationResponse `json:",omitempty"` // by status
}

// IntegrationResponse turns a backend's answer into the method's.
type IntegrationResponse struct {
	Selection  string            `json:",omitempty"` // regular expression on the backend's status; "": the default
	Parameters map[string]string `json:",omitempty"` // method.response.header.X -> 'literal'
	Templates  map[string]string `json:",omitempty"` // by content type
}

// Authorizer proves callers against user pools.
type Authorizer struct {
	APIID          string
	ID             string
	Name           string
	Type           string // COGNITO_USER_POOLS
	AuthType       string `json:",omitempty"` // free text, echoed
	IdentitySource string // method.request.header.X
	Validation     string `json:",omitempty"` // regular expression on the token's aud
	TTLSeconds     *int32 `json:",omitempty"`
	ProviderARNs   []string
}

// Deployment is an API as it was at one instant. Only its description changes.
type Deployment struct {
	APIID       string
	ID          string
	Description string `json:",omitempty"`
	Created     int64  // Unix milliseconds
	Definition  Definition
}

// Definition is all that the data plane needs to serve an API.
type Definition struct {
	BinaryMediaTypes []string `json:",omitempty"`
	EndpointDisabled bool     `json:",omitempty"`
	Resources        []*Resource
	Authorizers      []*Authorizer
}

// Stage gives a deployment a name in the URL.
type Stage struct {
	APIID        string
	Name         string
	Region       string
	DeploymentID string
	Description  string            `json:",omitempty"`
	Variables    map[string]string `json:",omitempty"`
	Tags         map[string]string `json:",omitempty"`
	Created      int64             // Unix milliseconds
	Updated      int64
}

// The limits of one API, as AWS's quotas stand.
const (
	maxResources   = 300
	maxStages      = 10
	maxAuthorizers = 10
)

// anyVerb is a method that stands for every verb that has no method of its own.
const anyVerb = "ANY"

// verbs are the HTTP methods that a resource can define. ANY stands for these
// and no others: TRACE, CONNECT or get reach nothing.
var verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func isVerb(s string) bool { return slices.Contains(verbs, s) }

// The kinds of authorization that methods can name.
const (
	authorizationNone    = "NONE"
	authorizationIAM     = "AWS_IAM"
	authorizationCognito = "COGNITO_USER_POOLS"
)

const (
	integrationLambda = "AWS_PROXY"
	integrationHTTP   = "HTTP_PROXY"
	integrationMock   = "MOCK"
)

// variable reads a path part that is a variable: "{id}" is (id, false, true),
// "{proxy+}" is (proxy, true, true).
func variable(part string) (name string, greedy, ok bool) {
	if len(part) < 3 || part[0] != '{' || part[len(part)-1] != '}' {
		return "", false, false
	}
	name, greedy = strings.CutSuffix(part[1:len(part)-1], "+")
	return name, greedy, true
}
