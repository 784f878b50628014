package verify

import (
	"fmt"
	"slices"
)

// Values of token_use.
const (
	useID     = "id"
	useAccess = "access"
)

// Token is a token that has passed every check of a Verifier; nothing else makes
// one. It is immutable and safe for concurrent use: what it hands out is a copy.
type Token struct {
	claims
	algorithm Algorithm
	key       Key
	keyID     string
	groups    []string
}

// Algorithm is the algorithm of the signature that held.
func (t *Token) Algorithm() Algorithm { return t.algorithm }

// KeyID is the header's kid; empty if the token named none.
func (t *Token) KeyID() string { return t.keyID }

// Groups are the user's groups: cognito:groups, or the claim that WithGroupsClaim
// names.
func (t *Token) Groups() []string { return slices.Clone(t.groups) }

// InGroup says whether the user is in this group. Names are compared byte by
// byte.
func (t *Token) InGroup(group string) bool { return slices.Contains(t.groups, group) }

// String tells the token from others without saying who its bearer is, so that
// printing it by mistake does no harm.
func (t *Token) String() string {
	return fmt.Sprintf("token of %s for client %s, key %s", t.issuer, public(t.client()), public(t.keyID))
}

// GoString is String: %#v must not print the claims either.
func (t *Token) GoString() string { return t.String() }
