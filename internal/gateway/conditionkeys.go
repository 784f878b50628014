package gateway

import "github.com/sallyport/sallyport/internal/access"

// API Gateway's own condition keys: what a call would make (KeyOfRequest), and what it
// would change or delete (KeyOfResource). With them a policy can forbid routes that are
// open to all, or authorizers of foreign functions, whoever may edit the API.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
const (
	KeyOfRequest  = "apigateway:request/"
	KeyOfResource = "apigateway:resource/"

	KeyAPIName          = "apiname"
	KeyEndpointType     = "endpointtype"
	KeyEndpointDisabled = "disableexecuteapiendpoint"
	KeyAuthorization    = "routeauthorizationtype"
	KeyAPIKeyRequired   = "apikeyrequired"
	KeyAuthorizerType   = "authorizertype"
	KeyAuthorizerURI    = "authorizeruri"
	KeyStageName        = "stagename"
	KeyLogDestination   = "accessloggingdestination"
	KeyLogFormat        = "accessloggingformat"
)

// ConditionKeys are what is noted of one call of a control plane.
type ConditionKeys struct{ access.Keys }

// Note sets a key to the one value that counts.
func (c ConditionKeys) Note(whose, key, value string) { c.One(whose+key, value) }

// NoteLog notes where the access log of a stage goes.
func (c ConditionKeys) NoteLog(whose string, l *AccessLog) {
	if l != nil {
		c.Note(whose, KeyLogDestination, l.DestinationARN)
		c.Note(whose, KeyLogFormat, l.Format)
	}
}
