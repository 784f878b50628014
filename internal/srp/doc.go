// Package srp is the arithmetic of Cognito's password proof: SRP-6a with the
// 3072-bit group of RFC 5054, and AWS's own derivation of the key and the proof.
// A password proves itself without being sent, and what the server keeps of it
// lets nobody sign in.
//
//	client                                         server
//	a random, A = g^a            -- A -->          b random, B = k v + g^b
//	u = H(A, B)                  <-- salt, B --    u = H(A, B)
//	S = (B - k g^x)^(a + u x)                      S = (A v^u)^b
//	key = HKDF(S, u)             -- proof -->      key = HKDF(S, u)
//
// with x = H(salt, H(pool user ":" password)), v = g^x, k = H(N, g) and the proof
// HMAC(key, pool user block timestamp), where block is the server's own text. All
// hashes are SHA-256, and numbers go into them as two's complement: no leading
// zero bytes, but one before a first byte of 0x80 or more.
//
// # Time
//
// Proofs are compared in constant time. Exponentiations are math/big's, whose time
// depends on the exponent. That tells nobody anything here: an exponent b is drawn
// for one exchange and used for two exponentiations, so there is one measurement
// of each and nothing to average; x is used once, when a password is set, with a
// salt that is new each time; and u is public. An exchange must be answered once
// only, which is for the caller to see to.
//
//	group.go     the group, and how numbers are hashed
//	verifier.go  what is kept of a password
//	server.go    B and the key, for who keeps the verifier
//	client.go    A and the key, for who knows the password
//	proof.go     the proof, and the time in it
package srp
