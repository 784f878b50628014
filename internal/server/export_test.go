package server

import (
	"context"

	"github.com/sallyport/sallyport/internal/issuer"
)

// RootKeyForTest is what "sallyport env" would print, also of an ephemeral server.
func (s *Server) RootKeyForTest() (id, secret string) {
	key, err := s.account.RootKey(context.Background())
	if err != nil {
		panic(err)
	}
	return key.AccessKeyID, key.SecretAccessKey.Reveal()
}

// AddressForTest is where the server listens, whatever its public URL.
func (s *Server) AddressForTest() string { return s.listener.Addr().String() }

// IssuersForTest are the issuers whose keys all services share.
func (s *Server) IssuersForTest() *issuer.Directory { return s.issuers }
