// Package sigv4 verifies AWS Signature Version 4 on requests to every service
// but S3: signed by header, or presigned in the query. It is pure: the time is
// a parameter, nothing is read, written or logged.
//
//	Parse (form)  ->  Signature  ->  Check (time, scope)  ->  the caller finds the secret  ->  Verify (body, signature)
//
// Parse and Check need no secret, so a request that is malformed, stale or
// meant for another service is refused before any key is looked up. Verify
// runs Check again: nobody can forget it.
//
// What a signature covers is the request target as it was sent. Take the
// Signature before anything rewrites r.Header; r.URL may be rewritten freely,
// because Parse reads r.RequestURI.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
package sigv4
