package gateway

// What a REST API is made of.

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
	Authorization     string                    // NONE, AWS_IAM, CUSTOM or COGNITO_USER_POOLS
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
	Models     map[string]string `json:",omitzero"` // an empty map is shown as one
	Parameters map[string]bool   `json:",omitzero"` // method.response.header.X
}

// Integration is what stands behind a method.
type Integration struct {
	Type              string                         // AWS_PROXY, HTTP_PROXY or MOCK
	Method            string                         `json:",omitempty"` // towards the backend
	URI               string                         `json:",omitempty"`
	TimeoutMillis     int32                          // 50 to 29000
	Passthrough       string                         // WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER
	CacheNamespace    string                         `json:",omitempty"`
	CredentialsARN    string                         `json:",omitempty"` // the role that calls the function; arn:aws:iam::*:user/*: the caller's own
	RequestParameters map[string]string              `json:",omitempty"`
	RequestTemplates  map[string]string              `json:",omitempty"`
	Responses         map[string]IntegrationResponse `json:",omitempty"` // by status
}

// IntegrationResponse turns a backend's answer into the method's.
type IntegrationResponse struct {
	Selection  *string           `json:",omitempty"` // regular expression on the backend's status; nil and "": the default
	Parameters map[string]string `json:",omitempty"` // method.response.header.X -> 'literal'
	Templates  map[string]string `json:",omitempty"` // by content type
}

// Authorizer proves callers of a REST API by tokens of user pools or by a function.
type Authorizer struct {
	APIID          string
	ID             string
	Name           string
	Type           string   // COGNITO_USER_POOLS, TOKEN or REQUEST
	AuthType       string   `json:",omitempty"` // free text, echoed
	IdentitySource string   // method.request.header.X; a list with commas of REQUEST
	Validation     string   `json:",omitempty"` // regular expression on the token's aud
	TTLSeconds     *int32   `json:",omitempty"`
	ProviderARNs   []string `json:",omitempty"` // COGNITO_USER_POOLS: user pools
	URI            string   `json:",omitempty"` // TOKEN, REQUEST: the function
	CredentialsARN string   `json:",omitempty"` // the role that calls it; "": the function's own policy lets it be called
}

// GatewayResponse is what a REST API answers of itself, in place of the
// gateway's own words, to one kind of refusal or failure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type GatewayResponse struct {
	APIID      string
	Type       string            // UNAUTHORIZED, DEFAULT_4XX, ...
	Status     string            `json:",omitempty"` // "": the type's own
	Parameters map[string]string `json:",omitempty"` // gatewayresponse.header.X -> 'literal', context.Z, ...
	Templates  map[string]string `json:",omitempty"` // by content type
}
