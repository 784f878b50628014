// Package throttle bounds how many requests reach what stands behind an API:
// token buckets, one for each method of a stage and one for all of an account's
// requests in a region.
//
//	Setting   what an operator asks for      -> Check, at the control plane
//	Account   the buckets of an account      -> Stage, when a stage is compiled
//	Chain     the buckets of one method      -> Take, for each request
//
// As in AWS's documentation (api-gateway-request-throttling), the limit that a
// stage has for all of its methods is inherited by each, and a method's own
// setting takes its place: every method has a bucket of its own. Behind it
// stands the account's, 10,000 requests a second and bursts of 5,000.
//
// A request must find a token in every bucket of its chain, and takes one of
// each or none of any: whoever is over the limit of one method uses up nothing
// of what others share. golang.org/x/time/rate is not used for that: its
// reservations can be given back only after others have missed them, and its
// clock may go back and fill a bucket twice.
//
// A bucket lives as long as its setting: a redeploy, or a snapshot made anew,
// does not refill it. It is of this node: two nodes let through twice as much.
//
// limit.go: settings and their rules. bucket.go: buckets and chains. account.go:
// which buckets there are.
package throttle
