package gateway

import "strings"

const (
	// withheld stands in a record for what a client has proved itself by.
	withheld = "[withheld]"
	// shortestSecret is in bytes. What is shorter (an address, the name of a stage)
	// is no secret, and could stand in a text by chance.
	shortestSecret = 16
)

// without is a text for the record without the values by which the request was
// identified: an authorizer's function may repeat a token as the principal, or
// where its answer is malformed.
func without(text string, values []string) string {
	for _, value := range values {
		text = withoutOne(text, value)
		if _, token, ok := strings.Cut(value, " "); ok { // behind its scheme
			text = withoutOne(text, token)
		}
	}
	return text
}

func withoutOne(text, value string) string {
	switch {
	case len(value) < shortestSecret:
		return text
	case len(text) >= shortestSecret && strings.Contains(value, text): // a part of it
		return withheld
	}
	return strings.ReplaceAll(text, value, withheld)
}
