package srp

import (
	"bytes"
	"io"
	"math/big"
)

// Identity is whose password it is. Of a remembered device, Pool is the key of
// its group and User its own key.
type Identity struct {
	Pool string // what stands behind the "_" of the pool's id
	User string // the USER_ID_FOR_SRP
}

// SaltBytes is the size of a salt.
const SaltBytes = 16

// NewSalt draws a salt. Its first byte is never 0: some clients hash a salt as a
// number and others as the text that it came in, which is the same only so.
func NewSalt(random io.Reader) ([]byte, error) {
	salt := make([]byte, SaltBytes)
	for salt[0] == 0 {
		if _, err := io.ReadFull(random, salt); err != nil {
			return nil, err
		}
	}
	return salt, nil
}

// exponent is x: the password, salted.
func exponent(id Identity, password string, salt []byte) *big.Int {
	inner := hash([]byte(id.Pool), []byte(id.User), []byte(":"), []byte(password))
	return new(big.Int).SetBytes(hash(pad(new(big.Int).SetBytes(salt)), inner))
}

// ParseVerifier reads a verifier that was made elsewhere, with or without leading
// zeros. It returns NumberBytes bytes, or ErrNumber, also for the two numbers of
// the group that everybody knows the exponent of.
func ParseVerifier(b []byte) ([]byte, error) {
	b = bytes.TrimLeft(b, "\x00")
	if len(b) > NumberBytes {
		return nil, ErrNumber
	}
	n, one := new(big.Int).SetBytes(b), big.NewInt(1)
	if n.Cmp(one) <= 0 || n.Cmp(new(big.Int).Sub(modulus, one)) >= 0 {
		return nil, ErrNumber
	}
	return bytesOf(n), nil
}

// Verifier is what a server keeps of a password, NumberBytes long. Nobody can
// sign in with it, but passwords can be tried against it faster than against a
// password hash: it must lie sealed.
func Verifier(id Identity, password string, salt []byte) []byte {
	return bytesOf(new(big.Int).Exp(generator, exponent(id, password, salt), modulus))
}
