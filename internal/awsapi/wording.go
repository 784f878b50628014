package awsapi

import (
	"fmt"
	"strings"
)

// style is the family of a protocol: codes and statuses differ by it.
type style uint8

const (
	jsonStyle style = iota
	queryStyle
	restStyle
)

type wording struct {
	code   string
	status int
}

// wordings are code and status of what the pipeline itself refuses. AWS's pages
// do not give all of them: those of unknownOperation in REST, malformed in
// Query and tooLarge are the likeliest readings, and this is the one place to correct them.
var wordings = [refusals][3]wording{
	unsigned:            {{"MissingAuthenticationTokenException", 400}, {"MissingAuthenticationToken", 403}, {"MissingAuthenticationTokenException", 403}},
	incompleteSignature: {{"IncompleteSignatureException", 400}, {"IncompleteSignature", 400}, {"IncompleteSignatureException", 403}},
	wrongSignature:      {{"InvalidSignatureException", 400}, {"SignatureDoesNotMatch", 403}, {"InvalidSignatureException", 403}},
	unknownKey:          {{"UnrecognizedClientException", 400}, {"InvalidClientTokenId", 403}, {"UnrecognizedClientException", 403}},
	expiredToken:        {{"ExpiredTokenException", 400}, {"ExpiredToken", 403}, {"ExpiredTokenException", 403}},
	notAuthorized:       {{"AccessDeniedException", 400}, {"AccessDenied", 403}, {"AccessDeniedException", 403}},
	unknownOperation:    {{"UnknownOperationException", 400}, {"InvalidAction", 400}, {"UnknownOperationException", 404}},
	malformed:           {{"SerializationException", 400}, {"MalformedInput", 400}, {"SerializationException", 400}},
	invalidInput:        {{"ValidationException", 400}, {"ValidationError", 400}, {"ValidationException", 400}},
	tooLarge:            {{"RequestEntityTooLargeException", 413}, {"RequestEntityTooLarge", 413}, {"RequestEntityTooLargeException", 413}},
	internalFailure:     {{"InternalFailure", 500}, {"InternalFailure", 500}, {"InternalFailure", 500}},
}

const (
	textUnsigned = "Missing Authentication Token"
	textInternal = "The request processing has failed because of an unknown error, exception or failure."
	textDoubled  = "The header %s must not be repeated."
	textLarge    = "The request's body is larger than the %d bytes allowed."
)

// missingText names the required members that are not there.
func missingText(names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d validation error", len(names))
	if len(names) > 1 {
		b.WriteByte('s')
	}
	b.WriteString(" detected: ")
	for i, name := range names {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "Value null at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	return b.String()
}
