package gateway

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// javaDate is how exp and iat look to a function behind a Cognito authorizer.
const javaDate = "Mon Jan 02 15:04:05 MST 2006"

// claimText is a claim as requestContext.authorizer.claims has it: always a
// string. Lists are joined with commas, exp and iat are dates, what is nested
// stays JSON. ok is false for null, which has no text.
func claimText(token *verify.Token, name string, value json.RawMessage) (text string, ok bool) {
	switch name {
	case "exp":
		return token.Expiry().UTC().Format(javaDate), true
	case "iat":
		return token.IssuedAt().UTC().Format(javaDate), true
	}
	return plainText(value)
}

func plainText(value json.RawMessage) (string, bool) {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || bytes.Equal(value, []byte("null")) {
		return "", false
	}
	switch value[0] {
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		return s, err == nil
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil {
			return "", false
		}
		texts := make([]string, 0, len(elements))
		for _, element := range elements {
			if text, ok := plainText(element); ok {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ","), true
	case '{':
		var compact bytes.Buffer
		if json.Compact(&compact, value) != nil {
			return "", false
		}
		return compact.String(), true
	}
	return string(value), true // a number, true or false
}

// appendClaims appends the claims as one JSON object of strings.
func appendClaims(b []byte, token *verify.Token) []byte {
	b = append(b, '{')
	for name, value := range token.All() {
		if text, ok := claimText(token, name, value); ok {
			b = appendMember(b, name, text)
		}
	}
	return append(b, '}')
}

// memo keeps what is made of a verified token, so that a caller's second
// request makes nothing anew. It decides nothing: an entry counts only for the
// very Token that the verifier has just handed out. Its size is fixed; what
// falls into a taken slot takes it over.
type memo struct {
	seed  maphash.Seed
	slots [256]atomic.Pointer[remembered]
}

type remembered struct {
	token  *verify.Token
	make   sync.Once // of claims: no HTTP backend asks for them
	claims []byte
	caller string
	passes string // for the record
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) of(raw string, token *verify.Token, pool string) *remembered {
	slot := &m.slots[maphash.String(m.seed, raw)%uint64(len(m.slots))]
	if r := slot.Load(); r != nil && r.token == token {
		return r
	}
	r := &remembered{token: token, caller: pool + "/" + token.Subject(), passes: "a token of " + pool}
	slot.Store(r)
	return r
}

// claimsJSON are the claims as the event of a function has them.
func (r *remembered) claimsJSON() []byte {
	r.make.Do(func() { r.claims = appendClaims(nil, r.token) })
	return r.claims
}

// requestTime is the form of requestContext.requestTime.
func appendRequestTime(b []byte, at time.Time) []byte {
	return at.UTC().AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
}
