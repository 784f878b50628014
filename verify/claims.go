package verify

import (
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// claims are what a payload says. Those that decide about access have one type
// only: an exp in quotes or an aud that is a number makes the token malformed.
type claims struct {
	text     string // the payload's JSON
	members  []member
	issuer   string
	subject  string
	use      string
	clientID string
	audience []string
	scopes   []string

	issuedAt, notBefore, expiry time.Time // zero: absent
}

func parseClaims(payload string) (claims, error) {
	members, err := parseObject(payload, maxMembers, make([]member, 0, 24))
	if err != nil {
		return claims{}, malformed("its payload: " + err.Error())
	}
	c := claims{text: payload, members: members}
	for _, m := range members {
		ok := true
		switch m.name {
		case "iss":
			c.issuer, ok = parseString(m.value)
		case "sub":
			c.subject, ok = parseString(m.value)
		case "token_use":
			c.use, ok = parseString(m.value)
		case "client_id":
			c.clientID, ok = parseString(m.value)
		case "aud":
			c.audience, ok = oneOrMany(m.value)
		case "exp":
			c.expiry, ok = parseTime(m.value)
		case "nbf":
			c.notBefore, ok = parseTime(m.value)
		case "iat":
			c.issuedAt, ok = parseTime(m.value)
		case "scope", "scp":
			var granted []string
			granted, ok = oneOrMany(m.value)
			for _, text := range granted {
				c.scopes = appendWords(c.scopes, text)
			}
		}
		if !ok {
			return claims{}, malformed("its payload: the claim " + m.name + " has the wrong type or makes no sense")
		}
	}
	return c, nil
}

// oneOrMany reads a string, or an array of strings.
func oneOrMany(value string) ([]string, bool) {
	if text, ok := parseString(value); ok {
		return []string{text}, true
	}
	return parseStrings(value)
}

// appendWords splits at spaces and nothing else (RFC 6749 §3.3).
func appendWords(words []string, text string) []string {
	for word := range strings.SplitSeq(text, " ") {
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}

// lastSecond is the end of the year 9999, in Unix seconds: a date beyond it is
// a mistake or a trick.
const lastSecond = 253402300799

// parseTime reads a NumericDate (RFC 7519 §2): seconds since 1970, with or
// without a fraction.
func parseTime(value string) (time.Time, bool) {
	if whole, err := strconv.ParseInt(value, 10, 64); err == nil {
		if whole < 0 || whole > lastSecond {
			return time.Time{}, false
		}
		return time.Unix(whole, 0).UTC(), true
	}
	if value == "" || !isDigit(value[0]) {
		return time.Time{}, false // ParseFloat also reads "NaN"
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || seconds > lastSecond {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true
}

// text is a claim that is a string; empty if it is absent or something else.
func (c *claims) textOf(name string) string {
	value, _ := memberNamed(c.members, name)
	text, _ := parseString(value)
	return text
}

func (c *claims) client() string {
	switch {
	case c.use == useID && len(c.audience) == 1:
		return c.audience[0]
	case c.clientID != "":
		return c.clientID
	default:
		return c.textOf("azp")
	}
}

func (c *claims) username() string {
	if c.use == useAccess {
		return c.textOf("username")
	}
	if name := c.textOf("cognito:username"); name != "" {
		return name
	}
	return c.textOf("username")
}

// Issuer is the claim iss.
func (c *claims) Issuer() string { return c.issuer }

// Subject is the claim sub: in a user pool, the user's unchanging id.
func (c *claims) Subject() string { return c.subject }

// Use is Cognito's claim token_use: "id", "access", or empty in other
// providers' tokens.
func (c *claims) Use() string { return c.use }

// ClientID is the app client that the token was issued to: aud of an ID token,
// else client_id, else azp.
func (c *claims) ClientID() string { return c.client() }

// Audience is the claim aud. Cognito's access tokens have none.
func (c *claims) Audience() []string { return slices.Clone(c.audience) }

// Username is cognito:username of an ID token, username of an access token; ""
// for a client that acts for itself.
func (c *claims) Username() string { return c.username() }

// Scopes are the OAuth scopes of scope and scp.
func (c *claims) Scopes() []string { return slices.Clone(c.scopes) }

// HasScope says whether the token was granted this scope. Scopes are compared
// byte by byte.
func (c *claims) HasScope(scope string) bool { return slices.Contains(c.scopes, scope) }

// IssuedAt is the claim iat; the zero time if absent.
func (c *claims) IssuedAt() time.Time { return c.issuedAt }

// NotBefore is the claim nbf; the zero time if absent.
func (c *claims) NotBefore() time.Time { return c.notBefore }

// Expiry is the claim exp. From this instant on the token is refused.
func (c *claims) Expiry() time.Time { return c.expiry }

// Claims is the payload as it was signed: one JSON object, with no name twice
// in any object of it.
func (c *claims) Claims() json.RawMessage { return json.RawMessage(c.text) }

// Claim is the JSON value of one claim. Names are exact: "Sub" is not "sub".
func (c *claims) Claim(name string) (value json.RawMessage, present bool) {
	text, present := memberNamed(c.members, name)
	if !present {
		return nil, false
	}
	return json.RawMessage(text), true
}

// Text is a claim that is a string, such as "email"; "" if it is absent or not
// a string.
func (c *claims) Text(name string) string { return c.textOf(name) }

// All are the claims in the order of the token.
func (c *claims) All() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for _, m := range c.members {
			if !yield(m.name, json.RawMessage(m.value)) {
				return
			}
		}
	}
}
