package bearer

import (
	"fmt"
	"net/http"
	"strings"
)

// Refusal is why a caller is not let in.
type Refusal struct {
	Status    int    // 401, or 403 for a proved token without a scope of the route
	Challenge string // the value of www-authenticate: for the caller
	Reason    string // what exactly is wrong: for the operator; no part of the token
}

func missing() *Refusal {
	return &Refusal{http.StatusUnauthorized, "Bearer", "the identity source holds no token"}
}

func several() *Refusal {
	return &Refusal{http.StatusUnauthorized, invalid(wordsSegments), "the identity source has several values, and nobody could say which of them counts"}
}

func unproved(err error) *Refusal {
	return &Refusal{http.StatusUnauthorized, invalid(wordsFor(err)), err.Error()}
}

func unentitled(scopes []string) *Refusal {
	list := strings.Join(scopes, " ")
	shown := quotable(list)
	return &Refusal{
		http.StatusForbidden,
		`Bearer scope="` + shown + `" error="insufficient_scope" error_description="expected scopes: [` + shown + `]"`,
		fmt.Sprintf("the token has none of the route's scopes (expected one of %q)", list),
	}
}

func invalid(words string) string {
	return `Bearer scope="" error="invalid_token" error_description="` + words + `"`
}

// quotable keeps a route's scopes inside of their quotes. No real scope has other
// characters (RFC 6749 §3.3).
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text)
}
