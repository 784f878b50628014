// Package issuer finds and keeps the signing keys of OpenID Connect issuers, one
// set for everybody who trusts the same issuer: JWT authorizers of any stage, and
// the account's identity providers.
//
//	Directory.Issuer(url) -> Issuer, a verify.KeySource          asks nobody
//	Issuer.Key(kid)
//	   own pool?   -> the pool's keys, in this process           never over the wire
//	   else        -> held keys, at most 2 hours old
//	                  none, or a kid that is not among them:
//	                  {issuer}/.well-known/openid-configuration  1500 ms, 150,000 bytes, its issuer the same byte by byte
//	                  its jwks_uri                               1500 ms, 150,000 bytes
//
// The limits are those of API Gateway (http-api-quotas). What is fetched, when,
// and how often at most, is verify.RemoteKeys' business: one fetch at a time for
// an issuer, none within ten seconds of the last because of a kid that nobody
// knows, one in the background every quarter of an hour while tokens come. An
// outage within the two hours fails no token whose key is held. Keys that cannot be
// had are an error, and so is asking again at once.
//
// Lines are https, or http to this machine. Redirects stay with their origin. No
// proxy of the environment comes between.
//
// directory.go: the sets, shared and bounded. issuer.go: one issuer, here or
// elsewhere.
package issuer
