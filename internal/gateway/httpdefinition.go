package gateway

// HTTPDefinition is what an HTTP API is made of.
type HTTPDefinition struct {
	CORS         *CORS              `json:",omitempty"`
	Routes       []*HTTPRoute       `json:",omitempty"`
	Integrations []*HTTPIntegration `json:",omitempty"`
	Authorizers  []*HTTPAuthorizer  `json:",omitempty"`
}

// CORS is what a HTTP API tells browsers about other origins.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
type CORS struct {
	AllowOrigins     []string `json:",omitempty"` // "*", an origin, or http://*, https://*
	AllowMethods     []string `json:",omitempty"`
	AllowHeaders     []string `json:",omitempty"`
	ExposeHeaders    []string `json:",omitempty"`
	MaxAge           *int32   `json:",omitempty"` // seconds, -1 to 86400
	AllowCredentials bool     `json:",omitempty"`
}

// HTTPRoute sends requests of one verb and path to an integration.
type HTTPRoute struct {
	APIID         string
	ID            string
	Key           string   // "GET /pets/{id}", "ANY /{proxy+}" or "$default"
	Target        string   `json:",omitempty"` // integrations/{id}
	Authorization string   // NONE, AWS_IAM, CUSTOM or JWT
	AuthorizerID  string   `json:",omitempty"`
	Scopes        []string `json:",omitempty"` // JWT: the token has at least one of them
	OperationName string   `json:",omitempty"`
	Managed       bool     `json:",omitempty"` // made by quick create: the API's target owns it
}

// HTTPIntegration is what stands behind routes.
type HTTPIntegration struct {
	APIID              string
	ID                 string
	Description        string                       `json:",omitempty"`
	Type               string                       // AWS_PROXY or HTTP_PROXY
	Method             string                       `json:",omitempty"` // towards the backend
	URI                string                       `json:",omitempty"` // a function's ARN, or the URI that invokes it; a URL
	PayloadVersion     string                       // 1.0 or 2.0
	TimeoutMillis      int32                        // 50 to 30000
	CredentialsARN     string                       `json:",omitempty"` // the role that calls the function, or arn:aws:iam::*:user/*: whoever has signed the request
	RequestParameters  map[string]string            `json:",omitempty"` // overwrite:header.X -> $request.querystring.Y
	ResponseParameters map[string]map[string]string `json:",omitempty"` // by status, then as above
	Managed            bool                         `json:",omitempty"`
}

// HTTPAuthorizer proves callers of an HTTP API by tokens or by a function.
type HTTPAuthorizer struct {
	APIID           string
	ID              string
	Name            string
	Type            string   // JWT or REQUEST
	IdentitySources []string `json:",omitempty"` // $request.header.X, $request.querystring.X, $context.X, $stageVariables.X
	Validation      string   `json:",omitempty"` // accepted and unused, as at AWS

	Issuer   string   `json:",omitempty"` // JWT
	Audience []string `json:",omitempty"`

	URI             string `json:",omitempty"` // REQUEST: of the function
	CredentialsARN  string `json:",omitempty"`
	PayloadVersion  string `json:",omitempty"` // 1.0 or 2.0
	SimpleResponses bool   `json:",omitempty"`
	TTLSeconds      *int32 `json:",omitempty"` // 0 to 3600
}
