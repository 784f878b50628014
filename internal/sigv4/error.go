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

// longestShown bounds an access key id, which anybody may have made up.
const longestShown = 128 // bytes; those of AWS have 128 characters at most

// Reason is for the operator: what AWS's words leave open, and which access key
// the request names; "" if none could be read. It shows nothing secret.
func (e *Error) Reason(accessKeyID string) string {
	text, _, _ := strings.Cut(e.Message, "\n")
	switch e.Kind {
	case UnknownKey:
		text = "no active access key has the id that the request names, or its session token is none of that key's"
	case ExpiredToken:
		text = "the session of the temporary key is over or was cut off"
	case Mismatch:
		if strings.HasPrefix(text, notTheSignature) { // others say by themselves what is not covered
			text = "the signature is not the one for this request: it was made with another secret, or method, host, path, query, headers or body were changed after it"
		}
	}
	if accessKeyID == "" {
		return text
	}
	if len(accessKeyID) > longestShown {
		accessKeyID = strings.ToValidUTF8(accessKeyID[:longestShown], "") + "..."
	}
	return text + " (access key " + accessKeyID + ")"
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

const notTheSignature = "The request signature we calculated does not match"

func mismatch(canonical, toSign string) error {
	return &Error{Mismatch, notTheSignature + " the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n" +
		"The Canonical String for this request should have been\n'" + canonical + "'\n\n" +
		"The String-to-Sign should have been\n'" + toSign + "'\n"}
}
