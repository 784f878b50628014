package bearer

import (
	"encoding/json"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"github.com/sallyport/sallyport/verify"
)

// Caller is who a proved token speaks for. It is immutable.
type Caller struct {
	known *proved
	asked []string // the route's scopes
}

// Subject is the claim sub; empty if the token has none.
func (c *Caller) Subject() string { return c.known.token.Subject() }

// Principal is the issuer and the subject: who calls, for the record.
func (c *Caller) Principal() string { return c.known.principal }

// Issuer is the claim iss.
func (c *Caller) Issuer() string { return c.known.token.Issuer() }

// ClientID is the client that the token was issued to, as far as it says so.
func (c *Caller) ClientID() string { return c.known.token.ClientID() }

// KeyID is the kid of the key that the signature held under.
func (c *Caller) KeyID() string { return c.known.token.KeyID() }

// Claims is what functions get as requestContext.authorizer.jwt.claims: a JSON
// object of strings. It is shared and must not be changed.
func (c *Caller) Claims() json.RawMessage { return c.known.claims }

// Claim is one of them, for $context.authorizer.claims.{name}. A claim that is
// null is not present.
func (c *Caller) Claim(name string) (text string, present bool) {
	value, present := c.known.token.Claim(name)
	if !present {
		return "", false
	}
	encoded, present := appendClaimText(nil, value)
	if !present || json.Unmarshal(encoded, &text) != nil {
		return "", false
	}
	return text, true
}

// Scopes is requestContext.authorizer.jwt.scopes: a JSON array of those of the
// route's scopes that the token has, or null where the route asks for none.
func (c *Caller) Scopes() json.RawMessage {
	if len(c.asked) == 0 {
		return json.RawMessage("null")
	}
	granted := slices.DeleteFunc(slices.Clone(c.asked), func(scope string) bool { return !c.known.token.HasScope(scope) })
	text, err := json.Marshal(granted)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// proved is a token with what is made of it, once.
type proved struct {
	token     *verify.Token
	claims    []byte
	unscoped  Caller
	principal string
}

// callers keeps what is made of a proved token, so that its next request makes
// nothing anew. It decides nothing: an entry counts only for the very Token that
// the verifier has just handed out. What falls into a taken slot takes it over.
type callers struct {
	seed  maphash.Seed
	slots [512]atomic.Pointer[proved]
}

func (c *callers) of(token *verify.Token) *proved {
	slot := &c.slots[maphash.Comparable(c.seed, token)%uint64(len(c.slots))]
	if p := slot.Load(); p != nil && p.token == token {
		return p
	}
	p := &proved{token: token, claims: appendClaims(nil, token), principal: token.Issuer() + "/" + token.Subject()}
	p.unscoped.known = p
	if len(p.claims) <= 2*maxRemembered {
		slot.Store(p)
	}
	return p
}
