// Package bearer proves the callers of HTTP APIs by bearer tokens: JWT
// authorizers, for tokens of any OpenID Connect issuer.
//
//	Authorize(values of the identity source, scopes of the route)
//	   token       exactly one value, bare or after "Bearer "       -> 401, Bearer
//	   algorithm   RS256, RS384 or RS512, by name                   -> 401, invalid_token
//	   kid         is there, and the issuer publishes that key
//	   signature
//	   iss, aud    exactly; client_id only where there is no aud
//	   exp nbf iat without any leeway
//	   scopes      scope or scp has one of the route's              -> 403, insufficient_scope
//	-> Caller
//
// The proof itself is package verify's, which is stricter than AWS about form:
// canonical base64url, no name twice in any JSON object, at most 10 KiB, no
// header that changes what the token means. ID and access tokens are not told
// apart, as at AWS: only a scope keeps ID tokens out.
//
// A token that was proved is remembered by the hash of all of it, for its
// authorizer alone. Each request still asks the issuer's keys for the key that
// signed it, compares the times, and then the scopes of its own route: nothing
// outlives its exp or its key, and no answer for one route is one for another.
// What an authorizer remembers is bounded: tokens of at most 4 KiB, 2048 of them.
//
// bearer.go: the authorizer. caller.go, claimtext.go: what a proved token says,
// in the form of HTTP APIs. refusal.go, challenge.go: refusals and AWS's words.
package bearer
