package srp_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/srp"
)

// recorded are exchanges whose client was amazon-cognito-identity-js 6.3.21 and
// whose server was three lines over JavaScript's BigInt, those of devices among
// them, and verifiers of devices that amazon-cognito-identity-js made.
//
//go:embed testdata/exchanges.json
var recorded []byte

type exchange struct {
	Pool, User, Password, Salt, Verifier string
	Public, Secret, Offered              string // A, b, B
	Key, Block, Timestamp, Proof         string
}

// UnmarshalJSON reads fields whose names differ in case alone, which
// encoding/json takes for each other.
func (e *exchange) UnmarshalJSON(text []byte) error {
	var all map[string]string
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*e = exchange{
		Pool: all["pool"], User: all["user"], Password: all["password"], Salt: all["salt"], Verifier: all["verifier"],
		Public: all["A"], Secret: all["b"], Offered: all["B"], Key: all["key"], Block: all["block"], Timestamp: all["timestamp"], Proof: all["proof"],
	}
	return nil
}

func (e *exchange) identity() srp.Identity { return srp.Identity{Pool: e.Pool, User: e.User} }

func read(t testing.TB) (list struct{ Exchanges, Devices []*exchange }) {
	t.Helper()
	if err := json.Unmarshal(recorded, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Exchanges) < 12 || len(list.Devices) < 4 {
		t.Fatal("exchanges are missing from the record")
	}
	return list
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestServerAgreesWithAmazonsClient(t *testing.T) {
	for _, e := range read(t).Exchanges {
		t.Run(e.User, func(t *testing.T) {
			verifier := srp.Verifier(e.identity(), e.Password, unhex(t, e.Salt))
			if got := hex.EncodeToString(verifier); got != e.Verifier {
				t.Fatalf("verifier %s, want %s", got, e.Verifier)
			}
			// The random source gives the recorded b, so B must be the recorded one.
			offer, err := srp.NewOffer(bytes.NewReader(unhex(t, e.Secret)), verifier)
			if err != nil || hex.EncodeToString(offer.Public) != e.Offered {
				t.Fatalf("B %x (%v), want %s", offer.Public, err, e.Offered)
			}
			public, err := srp.ParseNumber(e.Public)
			if err != nil {
				t.Fatal(err)
			}
			key, err := offer.Key(verifier, public)
			if err != nil || hex.EncodeToString(key) != e.Key {
				t.Fatalf("key %x (%v), want %s", key, err, e.Key)
			}
			block, _ := base64.StdEncoding.DecodeString(e.Block)
			proof, _ := base64.StdEncoding.DecodeString(e.Proof)
			if !key.Proves(proof, e.identity(), block, e.Timestamp) {
				t.Fatal("the client's proof is refused")
			}
			at, err := srp.ParseTime(e.Timestamp)
			if err != nil || srp.FormatTime(at) != e.Timestamp {
				t.Fatalf("timestamp %q was read as %v (%v)", e.Timestamp, at, err)
			}

			other := e.identity()
			other.User += "x"
			for name, wrong := range map[string]bool{
				"another user":      key.Proves(proof, other, block, e.Timestamp),
				"another pool":      key.Proves(proof, srp.Identity{Pool: "x" + e.Pool, User: e.User}, block, e.Timestamp),
				"another block":     key.Proves(proof, e.identity(), append([]byte{0}, block...), e.Timestamp),
				"another time":      key.Proves(proof, e.identity(), block, "Sat Nov 21 08:55:04 UTC 2025"),
				"half a proof":      key.Proves(proof[:16], e.identity(), block, e.Timestamp),
				"no proof":          key.Proves(nil, e.identity(), block, e.Timestamp),
				"no key, its proof": srp.Key(nil).Proves(srp.Key(nil).Proof(e.identity(), block, ""), e.identity(), block, ""),
			} {
				if wrong {
					t.Errorf("%s: the proof was taken", name)
				}
			}
		})
	}
}

func TestDeviceVerifiersOfAmazonsClient(t *testing.T) {
	for _, d := range read(t).Devices {
		// Amazon pads a device's verifier and salt as they are hashed.
		got := hex.EncodeToString(srp.Verifier(d.identity(), d.Password, unhex(t, d.Salt)))
		if strings.TrimLeft(got, "0") != strings.TrimLeft(d.Verifier, "0") {
			t.Errorf("verifier %s, want %s", got, d.Verifier)
		}
	}
}

func TestVerifiersThatWereMadeElsewhere(t *testing.T) {
	for _, d := range read(t).Devices {
		whole := unhex(t, d.Verifier)
		trimmed := bytes.TrimLeft(whole, "\x00")
		for _, form := range [][]byte{whole, trimmed, append([]byte{0}, whole...)} {
			got, err := srp.ParseVerifier(form)
			if err != nil || len(got) != srp.NumberBytes || !bytes.Equal(bytes.TrimLeft(got, "\x00"), trimmed) {
				t.Errorf("read as %x (%v), want %x", got, err, trimmed)
			}
		}
	}
	one := big.NewInt(1)
	n := group()
	for name, bad := range map[string]*big.Int{
		"0": new(big.Int), "1": one, "N - 1": new(big.Int).Sub(n, one), "N": n, "N + 1": new(big.Int).Add(n, one), "a longer number": new(big.Int).Lsh(n, 8),
	} {
		if _, err := srp.ParseVerifier(bad.Bytes()); !errors.Is(err, srp.ErrNumber) {
			t.Errorf("%s: got %v, want ErrNumber", name, err)
		}
	}
}

func TestBothSidesMeetIfAndOnlyIfThePasswordIsRight(t *testing.T) {
	id := srp.Identity{Pool: "aBcDeFgHi", User: "ann"}
	salt, err := srp.NewSalt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	verifier := srp.Verifier(id, "right", salt)
	for _, c := range []struct {
		name     string
		id       srp.Identity
		password string
		salt     []byte
		want     bool
	}{
		{"right", id, "right", salt, true},
		{"wrong password", id, "wrong", salt, false},
		{"no password", id, "", salt, false},
		{"another user", srp.Identity{Pool: id.Pool, User: "Ann"}, "right", salt, false},
		{"another pool", srp.Identity{Pool: "aBcDeFgHj", User: id.User}, "right", salt, false},
		{"another salt", id, "right", append([]byte{1}, salt...), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := srp.NewClient(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			public, err := srp.ParseNumber(client.A())
			if err != nil {
				t.Fatal(err)
			}
			offer, err := srp.NewOffer(rand.Reader, verifier)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := offer.Key(verifier, public)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := client.Key(c.id, c.password, hex.EncodeToString(c.salt), hex.EncodeToString(offer.Public))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(ours, theirs) != c.want {
				t.Fatalf("same key: %v, want %v", !c.want, c.want)
			}
		})
	}
}

// Who sends a multiple of N knows the server's S without the password: it is 0.
func TestNumbersOutsideTheGroupAreRefused(t *testing.T) {
	n := group()
	text := func(n *big.Int) string { return n.Text(16) }
	for name, number := range map[string]string{
		"nothing":           "",
		"zero":              "0",
		"zero, long":        strings.Repeat("0", 768),
		"N":                 text(n),
		"N, padded":         "00" + text(n),
		"N + 1":             text(new(big.Int).Add(n, big.NewInt(1))),
		"2 N":               text(new(big.Int).Lsh(n, 1)),
		"N * N":             text(new(big.Int).Mul(n, n)),
		"negative":          "-2",
		"signed":            "+2",
		"with a prefix":     "0x02",
		"with an underline": "1_2",
		"with a space":      " 2",
		"not hexadecimal":   "12g4",
		"a letter like one": "１２",
		"very long":         strings.Repeat("f", 1<<20),
	} {
		if _, err := srp.ParseNumber(number); !errors.Is(err, srp.ErrNumber) {
			t.Errorf("%s: got %v, want ErrNumber", name, err)
		}
	}
	for name, number := range map[string]string{
		"one digit": "2", "N - 1": text(new(big.Int).Sub(n, big.NewInt(1))), "padded": strings.Repeat("0", 1000) + "aB", "upper case": "ABCDEF",
	} {
		want, _ := new(big.Int).SetString(number, 16)
		got, err := srp.ParseNumber(number)
		if err != nil || len(got) != srp.NumberBytes || new(big.Int).SetBytes(got).Cmp(want) != 0 {
			t.Errorf("%s: got %x, %v", name, got, err)
		}
	}

	offer, err := srp.NewOffer(rand.Reader, srp.Verifier(srp.Identity{}, "x", []byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	zero, whole := make([]byte, srp.NumberBytes), n.FillBytes(make([]byte, srp.NumberBytes))
	for name, bad := range map[string][]byte{"zero": zero, "N": whole, "short": {2}, "nothing": nil} {
		if _, err := srp.NewOffer(rand.Reader, bad); !errors.Is(err, srp.ErrNumber) {
			t.Errorf("verifier %s: got %v", name, err)
		}
		if _, err := offer.Key(bad, offer.Public); !errors.Is(err, srp.ErrNumber) {
			t.Errorf("verifier %s of a key: got %v", name, err)
		}
		if _, err := offer.Key(offer.Public, bad); !errors.Is(err, srp.ErrNumber) {
			t.Errorf("A %s of a key: got %v", name, err)
		}
	}
	client, err := srp.NewClient(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Key(srp.Identity{}, "x", "01", text(n)); !errors.Is(err, srp.ErrNumber) {
		t.Errorf("a client took B = N: %v", err)
	}
}

// group is N from its definition in RFC 3526, section 5, and not from its digits:
// 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314).
func group() *big.Int {
	power := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	// Machin: pi = 16 atan(1/5) - 4 atan(1/239), with 64 bits to spare.
	const bits = 2942 + 64
	atan := func(x int64) *big.Int {
		sum, term, square := new(big.Int), new(big.Int).Quo(power(bits), big.NewInt(x)), big.NewInt(x*x)
		for i := int64(1); term.Sign() != 0; i += 2 {
			part := new(big.Int).Quo(term, big.NewInt(i))
			if i%4 == 1 {
				sum.Add(sum, part)
			} else {
				sum.Sub(sum, part)
			}
			term.Quo(term, square)
		}
		return sum
	}
	pi := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(16), atan(5)), new(big.Int).Mul(big.NewInt(4), atan(239)))
	pi.Rsh(pi, 64)
	n := new(big.Int).Sub(power(3072), power(3008))
	n.Sub(n, big.NewInt(1))
	return n.Add(n, pi.Add(pi, big.NewInt(1690314)).Lsh(pi, 64))
}

func TestTheGroupIsASafePrime(t *testing.T) {
	n := group()
	if _, err := srp.ParseNumber(n.Text(16)); err == nil {
		t.Error("N is no multiple of the group's prime")
	}
	if _, err := srp.ParseNumber(new(big.Int).Sub(n, big.NewInt(1)).Text(16)); err != nil {
		t.Error("N - 1 is larger than the group's prime")
	}
	if !n.ProbablyPrime(4) || !new(big.Int).Rsh(n, 1).ProbablyPrime(4) {
		t.Error("not a safe prime")
	}
}

func TestSaltsAndExponentsAreAllTheirLength(t *testing.T) {
	salt, err := srp.NewSalt(bytes.NewReader(append(make([]byte, srp.SaltBytes), bytes.Repeat([]byte{7}, srp.SaltBytes)...)))
	if err != nil || salt[0] != 7 || len(salt) != srp.SaltBytes {
		t.Errorf("a salt that begins with 0 was not drawn again: %x, %v", salt, err)
	}
	verifier := srp.Verifier(srp.Identity{}, "x", salt)
	if _, err := srp.NewOffer(bytes.NewReader(make([]byte, srp.ExponentBytes-1)), verifier); err == nil {
		t.Error("too little randomness made a b")
	}
	if _, err := srp.NewClient(bytes.NewReader(nil)); err == nil {
		t.Error("no randomness made an a")
	}
	if _, err := srp.NewSalt(bytes.NewReader(nil)); err == nil {
		t.Error("no randomness made a salt")
	}
}

func TestTimestamps(t *testing.T) {
	early := time.Date(2026, time.November, 7, 9, 3, 7, 0, time.UTC)
	if got := srp.FormatTime(early.In(time.FixedZone("", 3600))); got != "Sat Nov 7 09:03:07 UTC 2026" {
		t.Errorf("written %q", got)
	}
	for text, want := range map[string]time.Time{
		"Sat Nov 7 09:03:07 UTC 2026":   early,
		"Sat Nov 07 09:03:07 UTC 2026":  early, // read; but what a proof is about is the other text
		"Mon Nov 7 09:03:07 UTC 2026":   early,
		"Sat Nov 7 09:03:07 GMT 2026":   {},
		"Sat Nov 7 09:03:07 IST 2026":   {},
		"sam. nov. 7 09:03:07 UTC 2026": {},
		"Sat Nov 31 09:03:07 UTC 2026":  {},
		"2026-11-07T09:03:07Z":          {},
		"Sat Nov 7 9:3:7 UTC 2026":      {},
		"":                              {},
		"Sat Nov 7 09:03:07 UTC 2026 ":  {},
	} {
		got, err := srp.ParseTime(text)
		if !got.Equal(want) || want.IsZero() != errors.Is(err, srp.ErrTime) {
			t.Errorf("%q was read as %v, %v", text, got, err)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	id, salt := srp.Identity{Pool: "aBcDeFgHi", User: "ann"}, []byte("0123456789abcdef")
	verifier := srp.Verifier(id, "password", salt)
	client, err := srp.NewClient(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	public, _ := srp.ParseNumber(client.A())
	offer, err := srp.NewOffer(rand.Reader, verifier)
	if err != nil {
		b.Fatal(err)
	}
	key, _ := offer.Key(verifier, public)
	sum := sha256.Sum256(nil)
	for name, step := range map[string]func() error{
		"Verifier": func() error { srp.Verifier(id, "password", salt); return nil },
		"Offer":    func() error { _, err := srp.NewOffer(rand.Reader, verifier); return err },
		"Key":      func() error { _, err := offer.Key(verifier, public); return err },
		"Proof":    func() error { key.Proves(sum[:], id, salt, "Sat Nov 7 09:03:07 UTC 2026"); return nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
