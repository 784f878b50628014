package accesslog

import "strings"

// API is a kind of API: each has its own list of variables.
type API uint8

const (
	REST API = iota + 1 // developer guide, api-gateway-variables-for-access-logging
	HTTP                // developer guide, http-api-logging-variables
)

// both kinds have these.
var both = words(`accountId apiId authorizer.claims authorizer.error authorizer.principalId
	awsEndpointRequestId awsEndpointRequestId2 customDomain.basePathMatched domainName domainPrefix
	error.message error.messageString error.responseType extendedRequestId httpMethod
	identity.accountId identity.caller identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType
	identity.cognitoIdentityId identity.cognitoIdentityPoolId identity.principalOrgId identity.sourceIp
	identity.user identity.userAgent identity.userArn
	identity.clientCert.clientCertPem identity.clientCert.subjectDN identity.clientCert.issuerDN
	identity.clientCert.serialNumber identity.clientCert.validity.notBefore identity.clientCert.validity.notAfter
	integration.error integration.integrationStatus integration.latency integration.requestId integration.status
	integrationErrorMessage integrationLatency integrationStatus path protocol requestId requestTime requestTimeEpoch
	responseLatency responseLength stage status tlsVersion cipherSuite`)

var known = map[API]map[string]bool{
	REST: merge(both, words(`authenticate.error authenticate.latency authenticate.status
		authorize.error authorize.latency authorize.status
		deploymentId endpointType error.validationErrorString identity.apiKey identity.apiKeyId identity.vpcId identity.vpceId
		isCanaryRequest resourceId resourcePath responseOverride.status
		waf.error waf.latency waf.status wafResponseCode webaclArn xrayTraceId`)),
	HTTP: merge(both, words(`dataProcessed routeKey`)),
}

// families are variables that end in a name of the operator's.
var families = map[API][]string{
	REST: {"authorizer.claims.", "authorizer.", "requestOverride.header.", "requestOverride.path.", "requestOverride.querystring.", "responseOverride.header."},
	HTTP: {"authorizer.claims.", "authorizer."},
}

const claims = "authorizer.claims." // their names may hold more than others

// Known reports whether APIs of the kind have the variable $context.{name}.
func (a API) Known(name string) bool {
	if known[a][name] {
		return true
	}
	for _, family := range families[a] {
		if rest, ok := strings.CutPrefix(name, family); ok && rest != "" && (family != "authorizer." || !strings.Contains(rest, ".")) {
			return true
		}
	}
	return false
}

// Names are the variables of the kind whose names are fixed.
func (a API) Names() []string {
	var names []string
	for name := range known[a] {
		names = append(names, name)
	}
	return names
}

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(list) {
		m[word] = true
	}
	return m
}

func merge(a, b map[string]bool) map[string]bool {
	for word := range a {
		b[word] = true
	}
	return b
}
