package awsapi

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/sallyport/sallyport/internal/keyring"
)

// Pages makes and reads paging tokens: opaque to the client, authenticated, and
// good only for the operation and the scope (pool, filter ...) they were made for.
type Pages struct{ keys *keyring.Keyring }

// maxPageToken is the length in bytes above which a token is not ours.
const maxPageToken = 4096

func NewPages(k *keyring.Keyring) *Pages { return &Pages{k} }

// Token seals the position after which the next page starts. The position is a
// key of a row, so it is short; "" is the first page and has no token.
func (p *Pages) Token(operation, scope, position string) string {
	if position == "" {
		return ""
	}
	sealed, err := p.keys.Seal(keyring.PageTokens, pageID(operation, scope), []byte(position))
	if err == nil && base64.RawURLEncoding.EncodedLen(len(sealed)) > maxPageToken {
		err = errors.New("awsapi: the position of a page is too long")
	}
	if err != nil {
		// A list that silently ends would be a wrong answer; the call fails instead.
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Position opens a token; ok is false for one that was not made for operation
// and scope. The empty token is the first page: position "" and ok.
func (p *Pages) Position(operation, scope, token string) (position string, ok bool) {
	if token == "" {
		return "", true
	}
	if len(token) > maxPageToken || strings.ContainsAny(token, "\r\n") { // which the decoder steps over
		return "", false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", false
	}
	plain, err := p.keys.Open(keyring.PageTokens, pageID(operation, scope), sealed)
	return string(plain), err == nil
}

// pageID is unambiguous: an operation's name holds no slash.
func pageID(operation, scope string) string { return operation + "/" + scope }

// Page is one page of a list under way: after which row it starts, and how many
// it has.
type Page struct {
	After            string // the position of the last row of the page before; "" for the first
	Limit            int
	operation, scope string
	pages            *Pages
}

// Page reads a paging token that was made for operation and scope, nil or empty
// for the first page; ok is false for any other.
func (p *Pages) Page(operation, scope string, token *string, limit int) (page Page, ok bool) {
	page = Page{Limit: limit, operation: operation, scope: scope, pages: p}
	if token == nil {
		return page, true
	}
	page.After, ok = p.Position(operation, scope, *token)
	return page, ok
}

// Fetch is how many rows to read: one more than the page has, to know whether
// there is a next one.
func (p Page) Fetch() int { return p.Limit + 1 }

// Turn cuts what was fetched to the page and makes the token of the next one,
// nil after the last.
func Turn[T any](p Page, rows []*T, position func(*T) string) ([]*T, *string) {
	if len(rows) <= p.Limit {
		return rows, nil
	}
	rows = rows[:p.Limit]
	token := p.pages.Token(p.operation, p.scope, position(rows[len(rows)-1]))
	return rows, &token
}
