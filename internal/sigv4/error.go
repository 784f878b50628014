package sigv4

import "strings"

// Kind is the way in which a request failed to prove its caller. The set is
// closed; the protocols turn it into their own codes and statuses.
type Kind uint8

const (
	Unsigned     Kind = iota + 1 // neither an Authorization header nor query authentication
	Incomplete                   // malformed, doubled, or something is missing
	Mismatch                     // the signature, or what it must cover, does not hold
	Expired                      // signed too long ago
	NotYet                       // signed in the future
	WrongScope                   // signed for another region, service or day
	UnknownKey                   // no such access key
	ExpiredToken                 // the session of a temporary key is over
)

// Error is a refusal. Message is what AWS says to the client; for a Mismatch it
// repeats the request as it should have been signed, but for the session token.
// That may be private, so Message goes back to the sender and nowhere else.
// Error is for logs.
type Error struct {
	Kind    Kind
	Message string
}

func (e *Error) Error() string {
	first, _, _ := strings.Cut(e.Message, "\n")
	return "sigv4: " + first
}

var (
	// ErrUnsigned: the request carries no signature of either form.
	ErrUnsigned = &Error{Unsigned, "Missing Authentication Token"}
	// ErrUnknownKey is what callers answer when they find no secret for AccessKeyID.
	ErrUnknownKey = &Error{UnknownKey, "The security token included in the request is invalid."}
	// ErrExpiredToken is what callers answer for a session that is over or revoked.
	ErrExpiredToken = &Error{ExpiredToken, "The security token included in the request is expired"}
)

func incomplete(message string) error { return &Error{Incomplete, message} }

func mismatch(canonical, toSign string) error {
	return &Error{Mismatch, "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n" +
		"The Canonical String for this request should have been\n'" + canonical + "'\n\n" +
		"The String-to-Sign should have been\n'" + toSign + "'\n"}
}
