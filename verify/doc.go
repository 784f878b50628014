// Package verify proves JSON Web Tokens: the ID and access tokens of Amazon
// Cognito user pools, and those of any OpenID Connect provider. It is for
// functions, servers and API gateways, and needs only the standard library.
//
//	issuer, err := verify.UserPoolIssuer("eu-west-1_AbCdEf123")
//	keys, err := verify.NewRemoteKeys(issuer + "/.well-known/jwks.json")
//	verifier, err := verify.NewAccessToken(issuer, verify.Clients("1example23456789"), keys)
//
//	token, err := verifier.Verify(ctx, bearer)   // once per request
//
// Make the verifier once, outside the handler of a function, and share it.
//
// # Which constructor
//
//   - [NewAccessToken] guards an API with Cognito: the token says what its bearer
//     may do (scopes, groups).
//   - [NewIDToken] is for an application that wants to know who has signed in.
//   - [NewJWT] is for other providers, and for both kinds of tokens at once, as
//     API Gateway's JWT authorizer takes them.
//
// Issuer, audience and key source are parameters, not options: a verifier that
// forgets one of them cannot be made. What is unsafe has to be said: [AnyClient],
// [InsecureDecode].
//
// # What is checked
//
//	token -> form -> algorithm -> key -> signature -> payload -> issuer -> kind
//	      -> audience -> exp, nbf, iat -> scopes -> groups -> Token
//
// Nothing in the payload is looked at before the signature holds, and the first
// check that fails ends it. The error is an [*Error] that names the check and
// matches a sentinel, so that a server can tell them apart:
//
//	switch {
//	case err == nil:                                   // 200
//	case errors.Is(err, verify.ErrKeysUnavailable):    // 503: the issuer cannot be reached
//	case errors.Is(err, verify.ErrScope):              // 403: proved, but not allowed
//	default:                                           // 401
//	}
//
// The key decides about the algorithm, not the token: a key of a set is used
// only with its own alg, and only with algorithms for its type and curve. There
// is no none and no HMAC. RSA keys have 2048 to 8192 bits. A header that embeds
// or points to a key (jku, x5u, x5c) has no effect, one that changes the
// meaning of the token (crit, b64, jwk, a nested or encrypted token) is refused.
//
// The form is strict: three segments of canonical base64url, at most 16 KiB;
// JSON in which no object has two equal names, also behind escapes; times that
// are numbers and lie before the year 10000. One token has one meaning, here
// and for whoever reads it next.
//
// Cognito's tokens must name their key. Elsewhere a token without kid is
// accepted when the key source holds exactly one key.
//
// # Keys
//
// A [KeySource] answers for one issuer. [RemoteKeys] fetches a JWKS within limits
// and keeps it; [Discover] finds its URL, and [NewDiscoveredKeys] finds it anew
// with each fetch; [ParseKeys] and [NewKeySet] hold fixed keys, for tests and for
// servers that have no way out.
//
// # What it cannot know
//
// A token stays valid until exp, also after its user has signed out or was
// disabled: Cognito's revocation does not reach it. Let tokens live for minutes
// where that matters, or ask the issuer.
package verify
