// Package passkey is Web Authentication for a server that has users: the options
// that a browser is given, and what its answers prove. It keeps nothing.
//
//	CreationOptions -> browser, authenticator -> ReadRegistration -> Register -> Credential, to be kept
//	RequestOptions  -> browser, authenticator -> ReadAssertion    -> Prove    -> who holds the key was there
//
// The cryptography and the binary forms are github.com/go-webauthn/webauthn's.
// Which origins may speak for a relying party, what a counter that goes back
// means, and in which words all of it is refused is decided here.
//
// https://www.w3.org/TR/webauthn-3/
package passkey
