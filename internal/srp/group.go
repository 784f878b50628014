package srp

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"strings"
)

const (
	// NumberBytes is the size of A, B and a verifier.
	NumberBytes = 3072 / 8
	// ExponentBytes is the size of a and b: twice the strength of the group in
	// bits, as RFC 5054 section 3.1 asks for at least.
	ExponentBytes = 32
	// KeyBytes is the size of the key that both sides arrive at.
	KeyBytes = 16
)

// prime is the 3072-bit MODP prime: RFC 5054 appendix A, RFC 3526 group 15.
const prime = "" +
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2" +
	"08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

var (
	modulus    = mustHex(prime)
	generator  = big.NewInt(2)
	multiplier = new(big.Int).SetBytes(hash(pad(modulus), pad(generator))) // k
)

var (
	// ErrNumber: a number of the other side is no hexadecimal text, or is not
	// between 0 and the group's prime. A multiple of the prime would make the key
	// known to who never knew the password.
	ErrNumber = errors.New("srp: not a number of the group")
	// ErrExchange: the numbers of this exchange must not be used. It happens by
	// itself once in more exchanges than there will ever be.
	ErrExchange = errors.New("srp: degenerate exchange")
)

func mustHex(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 16)
	if !ok {
		panic("srp: the group's prime is no number")
	}
	return n
}

// pad is the bytes of a number as they are hashed: Java's BigInteger.toByteArray.
func pad(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		return append([]byte{0}, b...)
	}
	return b
}

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// ParseNumber reads A or B as it travels: hexadecimal, in either case, with or
// without leading zeros. It returns NumberBytes bytes, or ErrNumber.
func ParseNumber(text string) ([]byte, error) {
	text = strings.TrimLeft(text, "0")
	if len(text) > 2*NumberBytes {
		return nil, ErrNumber
	}
	if len(text)%2 == 1 {
		text = "0" + text
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, ErrNumber
	}
	n := new(big.Int).SetBytes(b)
	if n.Sign() == 0 || n.Cmp(modulus) >= 0 {
		return nil, ErrNumber
	}
	return bytesOf(n), nil
}

func bytesOf(n *big.Int) []byte { return n.FillBytes(make([]byte, NumberBytes)) }

// number is the reverse of bytesOf, for what passed ParseNumber or was made here.
func number(b []byte) (*big.Int, error) {
	n := new(big.Int).SetBytes(b)
	if len(b) != NumberBytes || n.Sign() == 0 || n.Cmp(modulus) >= 0 {
		return nil, ErrNumber
	}
	return n, nil
}

func newExponent(random io.Reader) ([]byte, error) {
	b := make([]byte, ExponentBytes)
	_, err := io.ReadFull(random, b)
	return b, err
}

// scramble is u, which binds the key to both public numbers. 0 would take the
// verifier out of the key.
func scramble(public, offered *big.Int) (*big.Int, error) {
	u := new(big.Int).SetBytes(hash(pad(public), pad(offered)))
	if u.Sign() == 0 {
		return nil, ErrExchange
	}
	return u, nil
}

// Key is what both sides arrive at if, and only if, the password is right.
type Key []byte

// deriveKey is RFC 5869 with AWS's label.
func deriveKey(shared, u *big.Int) (Key, error) {
	return hkdf.Key(sha256.New, pad(shared), pad(u), "Caldera Derived Key", KeyBytes)
}
