// Package upstream is the HTTP/1.1 client of the gateway: it carries a request to
// the server behind an integration and reads the answer whole, over connections
// that it keeps.
//
//	Do -> acquire   an idle connection, or a new one, or a wait; before it is used it must be alive and silent
//	   -> exchange  one write (head and body), one parse of the answer's head, its body
//	   -> release   kept, if both sides agree where the answer ended; closed otherwise
//
// It is small because it is the hot path: no goroutine for a connection, no timer
// but the socket's own deadline, memory that the next request uses again. And it
// is strict, because whoever stands behind it may not be trusted by whoever stands
// in front: two readings of one answer would let a server answer the next caller's
// request. What RFC 9112 lets a recipient repair is refused here: both lengths, two
// lengths, folded lines, bare line feeds, spaces around a chunk's size. A connection
// that holds one byte too many is never used again.
//
// No proxies of the environment, no redirects, no cookies, no decompression, no
// HTTP/2: an integration names its server, and its answer is the client's.
//
//	client    Client, Do, when a request may be tried again
//	pool      connections by origin, bounds, waiting, ageing
//	conn      one connection: dialling, its buffer, is it alive
//	turn      looking, writing and the first read in one turn at the socket
//	request   what is sent, and what is not
//	head      the answer's head
//	body      bodies by length, in chunks, until the end
//	errors    why there is no answer
package upstream
