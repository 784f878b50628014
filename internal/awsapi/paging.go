package awsapi

import (
	"github.com/sallyport/sallyport/internal/keyring"
)

// Pages makes and reads paging tokens: opaque to the client, authenticated, and
// good only for the operation and the scope (pool, filter ...) they were made for.
type Pages struct{ keys *keyring.Keyring }

func NewPages(k *keyring.Keyring) *Pages { return &Pages{k} }

// Token seals the position after which the next page starts.
func (p *Pages) Token(operation, scope, position string) string { panic("not built yet") }

// Position opens a token; ok is false for one that was not made for operation and scope.
func (p *Pages) Position(operation, scope, token string) (position string, ok bool) {
	panic("not built yet")
}
