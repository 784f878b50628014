package restapi

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
	AddressType      string            `json:",omitempty"` // ipv4, which "" is too, or dualstack
	EndpointDisabled bool              `json:",omitempty"` // the execute-api host answers 403
	Policy           string            `json:",omitempty"` // resource policy, JSON as it was given
	Tags             map[string]string `json:",omitempty"`
	Created          int64             // Unix milliseconds
}

// Account is what an account has set for its APIs of one region.
type Account struct {
	Region        string
	CloudWatchARN string `json:",omitempty"` // the role that logging is said to need
}

// The limits of one API, as AWS's quotas stand.
const (
	maxResources   = 300
	maxStages      = 10
	maxAuthorizers = 10
)
