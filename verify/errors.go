package verify

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Check names the check that refused a token. The set is closed.
type Check uint8

const (
	CheckMalformed       Check = iota + 1 // not a signed token in the strict compact form of RFC 7515 and RFC 7519
	CheckAlgorithm                        // an algorithm that is not allowed here, or not the key's own
	CheckKey                              // the key source knows no such key
	CheckKeysUnavailable                  // the key source could not answer: not the caller's fault
	CheckSignature                        // the signature does not hold
	CheckIssuer                           // another issuer
	CheckUse                              // an ID token where an access token is due, or the reverse
	CheckAudience                         // issued to another client or for another audience
	CheckExpired                          // exp has passed
	CheckNotYetValid                      // nbf or iat is still to come
	CheckScope                            // a required scope is missing
	CheckGroup                            // a required group is missing
)

// One sentinel for each Check, for errors.Is. A KeySource returns ErrUnknownKey
// or ErrKeysUnavailable (wrapped or not); everything else it may return counts
// as ErrKeysUnavailable.
var (
	ErrMalformed       = errors.New("the token is malformed")
	ErrAlgorithm       = errors.New("the token's algorithm is not allowed")
	ErrUnknownKey      = errors.New("the token names an unknown key")
	ErrKeysUnavailable = errors.New("the keys are not available")
	ErrSignature       = errors.New("the token's signature does not hold")
	ErrIssuer          = errors.New("the token comes from another issuer")
	ErrUse             = errors.New("the token is of another kind")
	ErrAudience        = errors.New("the token is for another audience")
	ErrExpired         = errors.New("the token has expired")
	ErrNotYetValid     = errors.New("the token is not valid yet")
	ErrScope           = errors.New("the token lacks a scope")
	ErrGroup           = errors.New("the token lacks a group")
)

var sentinels = [...]error{
	CheckMalformed:       ErrMalformed,
	CheckAlgorithm:       ErrAlgorithm,
	CheckKey:             ErrUnknownKey,
	CheckKeysUnavailable: ErrKeysUnavailable,
	CheckSignature:       ErrSignature,
	CheckIssuer:          ErrIssuer,
	CheckUse:             ErrUse,
	CheckAudience:        ErrAudience,
	CheckExpired:         ErrExpired,
	CheckNotYetValid:     ErrNotYetValid,
	CheckScope:           ErrScope,
	CheckGroup:           ErrGroup,
}

var checkNames = [...]string{
	CheckMalformed:       "malformed",
	CheckAlgorithm:       "algorithm",
	CheckKey:             "key",
	CheckKeysUnavailable: "keys unavailable",
	CheckSignature:       "signature",
	CheckIssuer:          "issuer",
	CheckUse:             "use",
	CheckAudience:        "audience",
	CheckExpired:         "expired",
	CheckNotYetValid:     "not yet valid",
	CheckScope:           "scope",
	CheckGroup:           "group",
}

func (c Check) String() string {
	if c == 0 || int(c) >= len(checkNames) {
		return "unknown check"
	}
	return checkNames[c]
}

// Error says which check refused the token. It is safe to log: it holds no part
// of the token but public values (issuer, audience, algorithm, key id, times),
// cut to a modest length and quoted.
type Error struct {
	Check    Check
	Expected string // what the verifier wants, where that helps
	Found    string // what the token says, where that is public
	Detail   string // what exactly is wrong, in words
	Cause    error  // what the key source answered
}

func (e *Error) Error() string {
	what := "the token is refused"
	if e.Check != 0 && int(e.Check) < len(sentinels) {
		what = sentinels[e.Check].Error()
	}
	var text strings.Builder
	text.WriteString("verify: " + what)
	if e.Detail != "" {
		text.WriteString(": " + e.Detail)
	}
	switch {
	case e.Expected != "" && e.Found != "":
		fmt.Fprintf(&text, " (expected %q, found %q)", e.Expected, e.Found)
	case e.Expected != "":
		fmt.Fprintf(&text, " (expected %q)", e.Expected)
	case e.Found != "":
		fmt.Fprintf(&text, " (found %q)", e.Found)
	}
	if e.Cause != nil {
		// A cause that wraps the sentinel begins with its words.
		text.WriteString(": " + strings.TrimPrefix(e.Cause.Error(), what+": "))
	}
	return text.String()
}

// Is makes errors.Is(err, ErrExpired) and its like work.
func (e *Error) Is(target error) bool {
	return e.Check != 0 && int(e.Check) < len(sentinels) && target == sentinels[e.Check]
}

// Unwrap gives what the key source answered, if it was that.
func (e *Error) Unwrap() error { return e.Cause }

func malformed(detail string) *Error {
	return &Error{Check: CheckMalformed, Detail: detail}
}

// keyError sorts what a key source answered into the two cases that matter.
func keyError(err error, keyID string) *Error {
	if errors.Is(err, ErrUnknownKey) {
		return &Error{Check: CheckKey, Found: public(keyID), Cause: unlessBare(err, ErrUnknownKey)}
	}
	return &Error{Check: CheckKeysUnavailable, Cause: unlessBare(err, ErrKeysUnavailable)}
}

// unlessBare keeps a sentinel from being said twice in one message.
func unlessBare(err, sentinel error) error {
	if err == sentinel {
		return nil
	}
	return err
}

// maxPublic is how much of a value that a stranger wrote an error may carry.
const maxPublic = 128

func public(value string) string {
	if len(value) <= maxPublic {
		return value
	}
	cut := maxPublic
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + "…"
}
