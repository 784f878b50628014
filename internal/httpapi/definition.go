package httpapi

import "github.com/sallyport/sallyport/internal/gateway"

// API is an HTTP API's own settings.
type API struct {
	ID               string
	Region           string
	Name             string
	Description      string            `json:",omitempty"`
	Version          string            `json:",omitempty"`
	CORS             *gateway.CORS     `json:",omitempty"`
	EndpointDisabled bool              `json:",omitempty"` // the execute-api host answers 404
	Tags             map[string]string `json:",omitempty"`
	Created          int64             // Unix milliseconds
}

// The limits of one API, as AWS's quotas stand.
const (
	maxRoutes       = 300
	maxIntegrations = 300
	maxStages       = 10
	maxAuthorizers  = 10
)

const (
	longestName        = 128 // characters
	longestDescription = 1024
	longestVersion     = 64
)
