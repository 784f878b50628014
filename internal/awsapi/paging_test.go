package awsapi_test

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
)

// shelf keeps wrapped keys in memory.
type shelf struct {
	mu   sync.Mutex
	keys []keyring.WrappedKey
}

func (s *shelf) WrappedKeys(context.Context) ([]keyring.WrappedKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]keyring.WrappedKey(nil), s.keys...), nil
}

func (s *shelf) AddWrappedKey(_ context.Context, k keyring.WrappedKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, k)
	return nil
}

func newPages(t *testing.T) *awsapi.Pages {
	t.Helper()
	ring, err := keyring.Open(context.Background(), keyring.NewMaster(), &shelf{})
	if err != nil {
		t.Fatal(err)
	}
	return awsapi.NewPages(ring)
}

func TestPagingTokensOpenOnlyWhereTheyWereMade(t *testing.T) {
	pages := newPages(t)
	token := pages.Token("ListUsers", "us-east-1_a", "regular/é")
	if position, ok := pages.Position("ListUsers", "us-east-1_a", token); !ok || position != "regular/é" {
		t.Fatalf("%q %v", position, ok)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || strings.Contains(string(raw), "regular") {
		t.Errorf("the token shows its position: %q, %v", raw, err)
	}
	raw[len(raw)-1] ^= 1
	for name, c := range map[string][3]string{
		"another operation": {"ListGroups", "us-east-1_a", token},
		"another scope":     {"ListUsers", "us-east-1_b", token},
		"shifted":           {"ListUsers/us-east-1_a", "", token},
		"changed":           {"ListUsers", "us-east-1_a", base64.RawURLEncoding.EncodeToString(raw)},
		"cut":               {"ListUsers", "us-east-1_a", token[:len(token)-4]},
		"padded":            {"ListUsers", "us-east-1_a", token + "=="},
		"not base64":        {"ListUsers", "us-east-1_a", "!" + token},
		"line break inside": {"ListUsers", "us-east-1_a", token[:4] + "\n" + token[4:]},
		"made up":           {"ListUsers", "us-east-1_a", "AAAA"},
		"endless":           {"ListUsers", "us-east-1_a", strings.Repeat("A", 1<<20)},
	} {
		if position, ok := pages.Position(c[0], c[1], c[2]); ok || position != "" {
			t.Errorf("%s: opened as %q", name, position)
		}
	}
	if position, ok := newPages(t).Position("ListUsers", "us-east-1_a", token); ok {
		t.Errorf("another server's token opened as %q", position)
	}
	if token := pages.Token("ListUsers", "us-east-1_a", ""); token != "" {
		t.Errorf("the end of a list has the token %q", token)
	}
}
