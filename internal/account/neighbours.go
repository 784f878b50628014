package account

import (
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/issuer"
)

// Neighbours are what the account needs of the rest of the program, some of
// which is made after it.
type Neighbours struct {
	// URL is the server's public base URL. {URL}/saml is an audience and a
	// recipient of SAML assertions beside AWS's own.
	URL string
	// Issuers are the issuers of tokens that live here; nil if there are none.
	Issuers Issuers
	// Directory holds the keys of issuers elsewhere, for all who trust them; nil
	// if the account is to have one for itself.
	Directory *issuer.Directory
	// Records finds what became of a request, for
	// sts:DecodeAuthorizationMessage; nil if nothing is kept.
	Records Records
}

// Records finds the records of a request by its id, as far as they are still
// kept: one, and those of what the program did for it.
type Records interface {
	Find(requestID string) []audit.Record
}

// Join introduces the neighbours. It is called at most once, before the first
// call is served.
func (s *Service) Join(n Neighbours) { s.neighbours = n }
