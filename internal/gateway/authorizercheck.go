package gateway

import (
	"regexp"
	"strings"
)

const HeaderSource = "method.request.header."

var (
	headerName  = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]+$")
	userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):([0-9]{12}):userpool/([a-z0-9-]+_[0-9a-zA-Z]+)$`)
)

// Check holds an authorizer to what the data plane can decide on.
func (a *Authorizer) Check() error {
	if a.Name == "" {
		return mistake("Authorizer name cannot be null or empty")
	}
	switch a.Type {
	case AuthorizationCognito:
	case "TOKEN", "REQUEST":
		return Unsupported("The authorizer type " + a.Type)
	default:
		return mistake("Invalid authorizer type specified. Must be one of: TOKEN, REQUEST, COGNITO_USER_POOLS")
	}
	if name, ok := strings.CutPrefix(a.IdentitySource, HeaderSource); !ok || !headerName.MatchString(name) {
		return mistake("Invalid identity source specified: a COGNITO_USER_POOLS authorizer takes exactly one header, method.request.header.{name}")
	}
	if a.TTLSeconds != nil && (*a.TTLSeconds < 0 || *a.TTLSeconds > 3600) {
		return mistake("Invalid authorizer result TTL specified: must be between 0 and 3600 seconds")
	}
	if _, err := ValidationExpression(a.Validation); err != nil {
		return mistake("Invalid identity validation expression specified: not a regular expression of the RE2 syntax")
	}
	if len(a.ProviderARNs) == 0 {
		return mistake("Invalid Authorizer provider ARNs specified: at least one user pool ARN is required")
	}
	for _, arn := range a.ProviderARNs {
		if !userPoolARN.MatchString(arn) {
			return mistake("Invalid Authorizer provider ARN specified: %s is not the ARN of a user pool", arn)
		}
	}
	return nil
}
