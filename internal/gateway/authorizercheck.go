package gateway

import (
	"regexp"
	"slices"
	"strings"
)

// The types of authorizer of a REST API. AuthorizationCognito is the third.
const (
	AuthorizerToken   = "TOKEN"   // a function that is given one header
	AuthorizerRequest = "REQUEST" // a function that is given the request
)

// Where an identity source takes its value from.
const (
	HeaderSource   = "method.request.header."
	QuerySource    = "method.request.querystring."
	VariableSource = "stageVariables."
	ContextSource  = "context."
)

// What a result of an authorizer lives, in seconds.
const (
	DefaultTTL = 300
	longestTTL = 3600
)

var (
	headerName  = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]+$")
	queryName   = regexp.MustCompile(`^[^\s,\x00-\x1f\x7f]+$`)
	userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):([0-9]{12}):userpool/([a-z0-9-]+_[0-9a-zA-Z]+)$`)
)

// authorizerContext are the context variables that are known before an authorizer
// has run, and so can be an identity source. What an authorizer or a signature
// would say of the caller is none: it would be empty for all.
var authorizerContext = []string{
	"accountId", "apiId", "domainName", "domainPrefix", "httpMethod", "identity.sourceIp", "identity.userAgent",
	"path", "protocol", "resourceId", "resourcePath", "stage",
}

// IdentitySource is one value of the request that an authorizer decides by.
type IdentitySource struct {
	From string // HeaderSource, QuerySource, VariableSource or ContextSource
	Name string
}

// IdentitySources reads the list: parts with commas between them, and perhaps spaces.
func (a *Authorizer) IdentitySources() ([]IdentitySource, error) {
	if strings.TrimSpace(a.IdentitySource) == "" {
		return nil, nil
	}
	var list []IdentitySource
	for part := range strings.SplitSeq(a.IdentitySource, ",") {
		source, ok := identitySource(strings.TrimSpace(part))
		if !ok {
			return nil, mistake("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: %s]", strings.TrimSpace(part))
		}
		list = append(list, source)
	}
	return list, nil
}

func identitySource(s string) (IdentitySource, bool) {
	for _, from := range []string{HeaderSource, QuerySource, VariableSource, ContextSource} {
		name, ok := strings.CutPrefix(s, from)
		if !ok {
			continue
		}
		switch from {
		case HeaderSource:
			ok = headerName.MatchString(name)
		case QuerySource:
			ok = queryName.MatchString(name)
		case VariableSource:
			ok = variableName.MatchString(name)
		case ContextSource:
			ok = slices.Contains(authorizerContext, name)
		}
		return IdentitySource{from, name}, ok
	}
	return IdentitySource{}, false
}

// TTL is how long a result may be used again, in seconds; 0: never.
func (a *Authorizer) TTL() int32 {
	if a.TTLSeconds == nil {
		return DefaultTTL
	}
	return *a.TTLSeconds
}

// Check holds an authorizer to what the data plane can decide on. That the
// function is one of the API's own region is for CheckFunctionURI to say.
func (a *Authorizer) Check() error {
	if a.Name == "" {
		return mistake("Authorizer name cannot be null or empty")
	}
	if ttl := a.TTL(); ttl < 0 || ttl > longestTTL {
		return mistake("Invalid authorizer result TTL specified: must be between 0 and 3600 seconds")
	}
	if _, err := ValidationExpression(a.Validation); err != nil {
		return mistake("Invalid identity validation expression specified: not a regular expression of the RE2 syntax")
	}
	sources, err := a.IdentitySources()
	if err != nil {
		return err
	}
	switch a.Type {
	case AuthorizationCognito:
		if err := a.checkOneHeader(sources); err != nil {
			return err
		}
		return a.checkPools()
	case AuthorizerToken:
		if err := a.checkOneHeader(sources); err != nil {
			return err
		}
		return a.checkFunction()
	case AuthorizerRequest:
		if len(sources) == 0 && a.TTL() > 0 {
			return mistake("Invalid identity source specified: a REQUEST authorizer whose results are cached needs at least one; without any, authorizerResultTtlInSeconds must be 0")
		}
		return a.checkFunction()
	}
	return mistake("Invalid authorizer type specified. Must be one of: TOKEN, REQUEST, COGNITO_USER_POOLS")
}

func (a *Authorizer) checkOneHeader(sources []IdentitySource) error {
	if len(sources) != 1 || sources[0].From != HeaderSource {
		return mistake("Invalid identity source specified: a %s authorizer takes exactly one header, method.request.header.{name}", a.Type)
	}
	return nil
}

func (a *Authorizer) checkPools() error {
	if a.URI != "" || a.CredentialsARN != "" {
		return mistake("A COGNITO_USER_POOLS authorizer has neither a URI nor credentials")
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

func (a *Authorizer) checkFunction() error {
	if len(a.ProviderARNs) > 0 {
		return mistake("A %s authorizer has no user pools (providerARNs)", a.Type)
	}
	region := functionURI.FindStringSubmatch(a.URI)
	if region == nil || CheckFunctionURI(region[1], a.URI) != nil {
		return mistake("Invalid Authorizer URI: %s. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.", a.URI)
	}
	return CheckCredentials(a.CredentialsARN, false)
}
