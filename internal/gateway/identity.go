package gateway

import "strings"

// identityPool is the provider of the sessions that an identity pool hands out.
const identityPool = "cognito-identity.amazonaws.com"

// signerIdentity is what requestContext.identity says of whoever has signed.
type signerIdentity struct {
	account, caller, accessKey, userARN          string
	poolID, identityID, authentication, provider string
}

// identity is all empty for a request that nobody has signed.
func (x *exchange) identity() signerIdentity {
	if x.signer == nil {
		return signerIdentity{}
	}
	c := &x.signer.call.Caller
	i := signerIdentity{account: c.Account, caller: c.ID, accessKey: c.AccessKeyID, userARN: c.ARN}
	if c.Session == nil || c.Session.Provider != identityPool {
		return i
	}
	claims := c.Session.Claims
	i.poolID, i.identityID = claim(claims, ":aud"), claim(claims, ":sub")
	if methods := claims[identityPool+":amr"]; len(methods) > 0 {
		i.authentication, i.provider = methods[0], strings.Join(methods[1:], ",")
	}
	return i
}

func claim(claims map[string][]string, name string) string {
	if values := claims[identityPool+name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// appendIdentity appends requestContext.identity. Only a signature fills more of
// it than where the request is from.
func (x *exchange) appendIdentity(b []byte) []byte {
	i := x.identity()
	b = append(b, `{"cognitoIdentityPoolId":`...)
	b = appendOrNull(b, i.poolID)
	b = append(b, `,"accountId":`...)
	b = appendOrNull(b, i.account)
	b = append(b, `,"cognitoIdentityId":`...)
	b = appendOrNull(b, i.identityID)
	b = append(b, `,"caller":`...)
	b = appendOrNull(b, i.caller)
	b = append(b, `,"sourceIp":`...)
	b = appendText(b, x.source)
	b = append(b, `,"principalOrgId":null,"accessKey":`...)
	b = appendOrNull(b, i.accessKey)
	b = append(b, `,"cognitoAuthenticationType":`...)
	b = appendOrNull(b, i.authentication)
	b = append(b, `,"cognitoAuthenticationProvider":`...)
	b = appendOrNull(b, i.provider)
	b = append(b, `,"userArn":`...)
	b = appendOrNull(b, i.userARN)
	b = append(b, `,"userAgent":`...)
	b = appendOrNull(b, x.r.UserAgent())
	b = append(b, `,"user":`...)
	b = appendOrNull(b, i.caller)
	return append(b, '}')
}
