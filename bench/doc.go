// Bench measures what a request costs: processor time of the serving process,
// divided by the requests that it answered.
//
//	go run ./bench                  everything, under four minutes
//	go run ./bench -rounds 3 -only proxied
//	go run ./bench -burst           how 500 sign-ins at once slow a guarded request
//	go run ./bench -offline FOLDER  also serverless-offline, which npm has installed there
//
// It starts, on loopback alone, a small upstream, Sallyport (--ephemeral), Debian's
// haproxy with jwt_verify and the same RS256 key, a bare Runtime API loop behind
// net/http and, where asked to, serverless-offline, and drives each with wrk in short
// runs that take turns, because a machine that others use changes its speed within a
// minute: every ratio is of two runs of one round, and what is printed is the median
// of the rounds with the least and the most.
//
//	machine   facts, versions, programs that are missing
//	site      what all tests have: upstream, tokens, Sallyport with its APIs, haproxy, loop
//	scenario  one way of asking one server, checked for right answers before and after
//	rounds    each scenario, forward, then backward; wrk; CPU from /proc
//	load      what other programs did meanwhile, and whether the figures can be trusted
//	burst     people who all sign in at once, beside one who calls a guarded route
//	report    µs per request, ratios, targets
//
// Processor time is utime and stime of the server's process. What its functions use
// is theirs, but beside serverless-offline, which runs them in its own process: there
// the functions of both count.
//
// A token is verified anew when the cache has forgotten it: the tokens of the runs
// without cache go round in a circle that is longer than the cache, and the next run
// goes on where the last one stopped.
package main
