package verify

import (
	"encoding/json"
	"strings"
)

// InsecureToken is what a token says about itself. Nobody has checked it.
type InsecureToken struct {
	claims
	header header
}

// InsecureDecode reads a token without verifying anything but its form: anyone
// can write a token that says anything. It is for showing a token to a person.
// Never decide about access by what it returns; that is what Verifier is for.
func InsecureDecode(token string) (*InsecureToken, error) {
	parts, err := parseCompact(token, defaultTokenLimit)
	if err != nil {
		return nil, err
	}
	claims, err := parseClaims(string(parts.payload))
	if err != nil {
		return nil, err
	}
	return &InsecureToken{claims: claims, header: parts.header}, nil
}

// Header is the token's header: one JSON object.
func (t *InsecureToken) Header() json.RawMessage { return json.RawMessage(t.header.text) }

// Algorithm is what the header calls the algorithm; it may be none at all.
func (t *InsecureToken) Algorithm() string { return string(t.header.algorithm) }

// KeyID is the header's kid.
func (t *InsecureToken) KeyID() string { return t.header.keyID }

// Groups are the names in cognito:groups, if that is an array of strings.
func (t *InsecureToken) Groups() []string {
	value, _ := memberNamed(t.members, "cognito:groups")
	groups, _ := parseStrings(strings.TrimSpace(value))
	return groups
}
