package bearer

import (
	"errors"
	"strings"

	"github.com/sallyport/sallyport/verify"
)

// The words of error_description. AWS publishes only the one about the audience
// (http-api-troubleshooting-jwt). Segments, signing method and the two about
// communication were seen in its answers; the first two are those of a well-known
// library, and so may be the others of its kind here. The rest is ours.
const (
	wordsAudience  = "the token does not have a valid audience"
	wordsSegments  = "token contains an invalid number of segments"
	wordsMethod    = "signing method %s is invalid"
	wordsNoMethod  = "signing method (alg) is unavailable."
	wordsDiscovery = "OIDC discovery endpoint communication error"
	wordsKeys      = "JWKS communication error"
	wordsSignature = "crypto/rsa: verification error"
	wordsExpired   = "the token has expired"
	wordsTooEarly  = "the token is not valid yet"
	wordsIssuer    = "the token does not have a valid issuer"
	wordsKey       = "the token does not have a valid key id"
	wordsMalformed = "the token is malformed"
)

// methods are the algorithms that a challenge may name. Other names are the
// caller's own writing, and have no place in a header.
var methods = map[string]bool{
	"none":  true,
	"HS256": true, "HS384": true, "HS512": true,
	"RS256": true, "RS384": true, "RS512": true,
	"PS256": true, "PS384": true, "PS512": true,
	"ES256": true, "ES384": true, "ES512": true,
	"EdDSA": true,
}

// wordsFor tells the caller which check refused, and nothing of why.
func wordsFor(err error) string {
	refusal, ok := errors.AsType[*verify.Error](err)
	if !ok {
		return wordsMalformed
	}
	switch refusal.Check {
	case verify.CheckAlgorithm:
		if !methods[refusal.Found] {
			return wordsNoMethod
		}
		return strings.Replace(wordsMethod, "%s", refusal.Found, 1)
	case verify.CheckKey:
		return wordsKey
	case verify.CheckKeysUnavailable:
		if errors.Is(err, verify.ErrDiscovery) {
			return wordsDiscovery
		}
		return wordsKeys
	case verify.CheckSignature:
		return wordsSignature
	case verify.CheckIssuer:
		return wordsIssuer
	case verify.CheckAudience:
		return wordsAudience
	case verify.CheckExpired:
		return wordsExpired
	case verify.CheckNotYetValid:
		return wordsTooEarly
	}
	if strings.Contains(refusal.Detail, "segments") || refusal.Detail == "it is empty" {
		return wordsSegments
	}
	return wordsMalformed
}
