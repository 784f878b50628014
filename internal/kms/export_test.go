package kms

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/keyring"
)

// Sweep is what runs every minute.
func (s *Service) Sweep(ctx context.Context) error { return s.sweep(ctx) }

func (s *Service) row(arn string) *Key {
	return s.current.Load().keys[arn[strings.LastIndexByte(arn, '/')+1:]]
}

// Material is a key's own bytes, and Row the row that it lies in.
func (s *Service) Material(t *testing.T, arn string) []byte {
	k := s.row(arn)
	plain, err := s.keys.Open(keyring.KMSKeys, k.ID, k.Material)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func (s *Service) Row(t *testing.T, arn string) []byte {
	doc, err := json.Marshal(s.row(arn))
	if err != nil {
		t.Fatal(err)
	}
	return append(doc, s.row(arn).Material...)
}
