package userpool

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

func testHasher(t testing.TB) *hasher {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	keys, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHasher(keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPasswordHashes(t *testing.T) {
	h := testHasher(t)
	sealed, err := h.Hash(t.Context(), "pool/ann", "Correct-Horse-7")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), "argon2id") {
		t.Error("the hash lies open")
	}
	for password, want := range map[string]bool{"Correct-Horse-7": true, "Correct-Horse-8": false, "": false} {
		if got, err := h.Matches(t.Context(), "pool/ann", sealed, password); err != nil || got != want {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	if _, err := h.Matches(t.Context(), "pool/bob", sealed, "Correct-Horse-7"); !errors.Is(err, keyring.ErrUnreadable) {
		t.Errorf("another user's hash: %v", err)
	}
	if got, err := h.Matches(t.Context(), "", nil, ""); got || err != nil {
		t.Errorf("nobody: %t, %v", got, err)
	}
}

func TestHashWithAnEarlierCostStillMatches(t *testing.T) {
	h := testHasher(t)
	salt := []byte("0123456789abcdef")
	old := hashCost{memory: 8 * 1024, passes: 1, threads: 1}
	sealed, err := h.keys.Seal(keyring.Passwords, "pool/ann", []byte(encode(old, salt, argon2.IDKey([]byte("old"), salt, 1, 8*1024, 1, hashBytes))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := h.Matches(t.Context(), "pool/ann", sealed, "old"); !got || err != nil {
		t.Errorf("%t, %v", got, err)
	}
}

func TestDamagedHashesAreErrors(t *testing.T) {
	good := encode(cost, make([]byte, 16), make([]byte, 32))
	if _, _, _, err := decode(good); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=19456", "m=0", 1),
		strings.Replace(good, "m=19456", "m=4294967295", 1), strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1), good + "!", good + "$x",
	} {
		if _, _, _, err := decode(text); !errors.Is(err, errHash) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWaitingForAHashEndsWithTheRequest(t *testing.T) {
	h := testHasher(t)
	for h.turns.TryAcquire(1) {
		continue
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := h.Hash(ctx, "pool/ann", "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	h.waiting.Store(maxWaits)
	if _, err := h.Hash(t.Context(), "pool/ann", "x"); err == nil || !strings.Contains(err.Error(), "TooManyRequestsException") {
		t.Errorf("got %v", err)
	}
}

func TestGeneratedPasswordsFollowThePolicy(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range []PasswordPolicy{defaultPolicy(), {MinLength: 6}, {MinLength: 99, Upper: true, Lower: true, Number: true, Symbol: true}} {
		for range 200 {
			password, err := p.generate(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Check(password); err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			if seen[password] {
				t.Fatal("the same password twice")
			}
			seen[password] = true
		}
	}
}

func TestPasswordPolicy(t *testing.T) {
	for password, want := range map[string]string{
		"Correct-Horse-7": "", "Korrekt Hörs 7": "", "Aa1!aaa": textPolicyLength, "AAAAAAA1!": textPolicyLower, "aaaaaaa1!": textPolicyUpper, "Aaaaaaaa!": textPolicyNumber,
		"Aaaaaaa11": textPolicySymbol, " Aaaaaa1!": textPasswordPattern, "Aaaaaa1! ": textPasswordPattern, "": textPasswordPattern, "Aaaa\x00aa1!": textPasswordPattern,
		"Aa1!" + strings.Repeat("x", 253): textPolicyTooLong,
	} {
		err := defaultPolicy().Check(password)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}

func TestBackoffCurve(t *testing.T) {
	for count, want := range map[int64]time.Duration{0: 0, 5: 0, 6: time.Second, 7: 2 * time.Second, 10: 16 * time.Second, 15: 512 * time.Second, 16: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := perUserAndAddress.lock(count); got != want {
			t.Errorf("failure %d locks for %v, want %v", count, got, want)
		}
	}
}
