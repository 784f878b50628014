package srp_test

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"math/big"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/srp"
)

func FuzzParseNumber(f *testing.F) {
	n := group()
	for _, seed := range []string{"", "0", "2", "00ff", n.Text(16), "0" + n.Text(16), strings.Repeat("f", 770), "é", "\x00"} {
		f.Add(seed)
	}
	verifier := srp.Verifier(srp.Identity{}, "x", []byte{1})
	offer, err := srp.NewOffer(rand.Reader, verifier)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := srp.ParseNumber(text)
		want, ok := new(big.Int).SetString(text, 16)
		valid := ok && want.Sign() > 0 && want.Cmp(n) < 0 && !strings.ContainsAny(text, "+-_")
		if (err == nil) != valid {
			t.Fatalf("%q: %v, but valid is %v", text, err, valid)
		}
		if err != nil {
			return
		}
		if new(big.Int).SetBytes(got).Cmp(want) != 0 || len(got) != srp.NumberBytes {
			t.Fatalf("%q was read as %x", text, got)
		}
		if key, err := offer.Key(verifier, got); err != nil || len(key) != srp.KeyBytes {
			t.Fatalf("%q makes no key: %v", text, err)
		}
	})
}

func FuzzParseVerifier(f *testing.F) {
	n := group()
	for _, seed := range [][]byte{nil, {0}, {1}, {2}, {0, 255}, n.Bytes(), append([]byte{0}, n.Bytes()...), bytes.Repeat([]byte{255}, 400)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given []byte) {
		got, err := srp.ParseVerifier(given)
		value := new(big.Int).SetBytes(given)
		valid := value.Cmp(big.NewInt(1)) > 0 && value.Cmp(new(big.Int).Sub(n, big.NewInt(1))) < 0
		if (err == nil) != valid {
			t.Fatalf("%x: error %v, valid: %t", given, err, valid)
		}
		if err != nil {
			return
		}
		if len(got) != srp.NumberBytes || new(big.Int).SetBytes(got).Cmp(value) != 0 {
			t.Fatalf("%x was read as %x", given, got)
		}
		if _, err := srp.NewOffer(rand.Reader, got); err != nil {
			t.Fatalf("no offer for a verifier that was taken: %v", err)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	f.Add("Sat Nov 7 09:03:07 UTC 2026")
	f.Add("Sat Nov 07 09:03:07 UTC 2026")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := srp.ParseTime(text)
		if err != nil {
			return
		}
		if again, err := srp.ParseTime(srp.FormatTime(at)); err != nil || !again.Equal(at) {
			t.Fatalf("%q, written again, was read as %v, %v", text, again, err)
		}
	})
}
