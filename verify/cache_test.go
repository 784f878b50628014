package verify_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// source is a key source whose key can be taken away or replaced.
type source struct {
	key  atomic.Pointer[verify.Key]
	fail atomic.Pointer[error]
}

func (s *source) Key(context.Context, string) (verify.Key, error) {
	if err := s.fail.Load(); err != nil {
		return verify.Key{}, *err
	}
	return *s.key.Load(), nil
}

func cachedVerifier(t testing.TB, n int) (*verify.Verifier, *source, *testClock) {
	t.Helper()
	keys, clock := &source{}, &testClock{}
	key := accessSigner().key(t)
	keys.key.Store(&key)
	v, err := verify.NewAccessToken(issuer, verify.Clients(clientID), keys, verify.WithClock(clock.now), verify.WithCache(n))
	if err != nil {
		t.Fatal(err)
	}
	return v, keys, clock
}

func TestARememberedTokenIsTheSameToken(t *testing.T) {
	v, _, _ := cachedVerifier(t, 10)
	text := accessSigner().token(accessClaims())
	first := accepted(t, v, text)
	if accepted(t, v, text) != first {
		t.Error("the token was judged twice")
	}
	// Another token, with another signature over the same claims, is not the same.
	other := accessSigner().sign(accessSigner().header()+" ", toJSON(accessClaims()))
	if accepted(t, v, other) == first {
		t.Error("two tokens were taken for one")
	}
}

func TestARememberedTokenExpires(t *testing.T) {
	v, _, clock := cachedVerifier(t, 10)
	text := accessSigner().token(accessClaims())
	accepted(t, v, text)
	clock.advance(59*time.Minute - time.Nanosecond)
	accepted(t, v, text)
	clock.advance(time.Nanosecond)
	for range 2 {
		if token, err := v.Verify(t.Context(), text); token != nil || !errors.Is(err, verify.ErrExpired) {
			t.Errorf("got %v, %v", token, err)
		}
	}
	clock.advance(-2 * time.Hour)
	if _, err := v.Verify(t.Context(), text); !errors.Is(err, verify.ErrNotYetValid) {
		t.Errorf("a clock before iat: %v", err)
	}
}

func TestARememberedTokenGoesWithItsKey(t *testing.T) {
	text := accessSigner().token(accessClaims())
	outage := errors.New("no network")
	for name, test := range map[string]struct {
		change func(*source)
		want   error
	}{
		"key withdrawn":  {func(s *source) { s.fail.Store(&verify.ErrUnknownKey) }, verify.ErrUnknownKey},
		"source is down": {func(s *source) { s.fail.Store(&outage) }, verify.ErrKeysUnavailable},
		"key replaced":   {func(s *source) { key := strangers().key(t); s.key.Store(&key) }, verify.ErrSignature},
		"no key at all":  {func(s *source) { s.key.Store(&verify.Key{}) }, verify.ErrUnknownKey},
		"key bound to another algorithm": {func(s *source) {
			key, _ := verify.NewKey("access-key=", accessSigner().private.Public(), verify.PS256)
			s.key.Store(&key)
		}, verify.ErrAlgorithm},
	} {
		t.Run(name, func(t *testing.T) {
			v, keys, _ := cachedVerifier(t, 10)
			accepted(t, v, text)
			test.change(keys)
			for range 2 {
				if token, err := v.Verify(t.Context(), text); token != nil || !errors.Is(err, test.want) {
					t.Errorf("got %v, %v", token, err)
				}
			}
		})
	}
	t.Run("the same key, read again", func(t *testing.T) {
		v, keys, _ := cachedVerifier(t, 10)
		before := accepted(t, v, text)
		again := accessSigner().key(t)
		keys.key.Store(&again)
		if accepted(t, v, text) != before {
			t.Error("an equal key made the token be judged again")
		}
	})
}

func TestRefusedTokensAreNotRemembered(t *testing.T) {
	v, keys, clock := cachedVerifier(t, 10)
	early := accessSigner().token(accessClaims(claims{"nbf": testNow.Unix() + 60}))
	if _, err := v.Verify(t.Context(), early); !errors.Is(err, verify.ErrNotYetValid) {
		t.Fatal(err)
	}
	clock.advance(time.Minute)
	accepted(t, v, early)
	keys.fail.Store(&verify.ErrKeysUnavailable)
	other := accessSigner().token(accessClaims(claims{"jti": "other"}))
	if _, err := v.Verify(t.Context(), other); !errors.Is(err, verify.ErrKeysUnavailable) {
		t.Fatal(err)
	}
	keys.fail.Store(nil)
	accepted(t, v, other)
}

func TestTheCacheIsBounded(t *testing.T) {
	v, _, _ := cachedVerifier(t, 4)
	tokens := make([]string, 12)
	first := make([]*verify.Token, len(tokens))
	for i := range tokens {
		tokens[i] = accessSigner().token(accessClaims(claims{"jti": fmt.Sprint(i)}))
		first[i] = accepted(t, v, tokens[i])
	}
	remembered := 0
	for i := len(tokens) - 1; i >= 0; i-- { // newest first: asking for an old one drives out others
		if accepted(t, v, tokens[i]) == first[i] {
			remembered++
		}
	}
	if remembered != 4 {
		t.Errorf("%d of %d tokens were remembered, want 4", remembered, len(tokens))
	}
}

func TestATokenInUseStaysWhileOthersPassBy(t *testing.T) {
	v, _, _ := cachedVerifier(t, 4)
	regular := accessSigner().token(accessClaims())
	first := accepted(t, v, regular)
	for i := range 20 {
		accepted(t, v, accessSigner().token(accessClaims(claims{"jti": fmt.Sprint(i)})))
		if accepted(t, v, regular) != first {
			t.Fatalf("forgotten after %d others", i)
		}
	}
}

func TestManyCallersShareAVerifier(t *testing.T) {
	v, keys, _ := cachedVerifier(t, 8)
	tokens := make([]string, 16)
	for i := range tokens {
		tokens[i] = accessSigner().token(accessClaims(claims{"username": fmt.Sprint("user-", i)}))
	}
	right, wrong := accessSigner().key(t), strangers().key(t)
	var callers sync.WaitGroup
	for worker := range 8 {
		callers.Go(func() {
			for i := range 100 {
				mine := (worker + i) % len(tokens)
				if worker == 0 { // meanwhile the keys come and go
					keys.key.Store([]*verify.Key{&right, &wrong}[i%2])
					continue
				}
				token, err := v.Verify(context.Background(), tokens[mine])
				if err == nil && token.Username() != fmt.Sprint("user-", mine) {
					t.Errorf("token %d is %s's", mine, token.Username())
				}
				if err != nil && !errors.Is(err, verify.ErrSignature) {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
}
