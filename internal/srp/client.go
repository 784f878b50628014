package srp

import (
	"encoding/hex"
	"io"
	"math/big"
)

// Client is the side of an exchange that knows the password.
type Client struct {
	secret, public *big.Int // a, A
}

// NewClient draws a and makes A, for one exchange.
func NewClient(random io.Reader) (*Client, error) {
	a, err := newExponent(random)
	if err != nil {
		return nil, err
	}
	secret := new(big.Int).SetBytes(a)
	return &Client{secret: secret, public: new(big.Int).Exp(generator, secret, modulus)}, nil
}

// A is SRP_A as it travels.
func (c *Client) A() string { return c.public.Text(16) }

// Key is the client's key after the server's SALT and SRP_B, both hexadecimal. It
// is made whatever the password is; the server tells whether it was right.
func (c *Client) Key(id Identity, password, salt, offered string) (Key, error) {
	if len(salt)%2 == 1 {
		salt = "0" + salt
	}
	saltBytes, err := hex.DecodeString(salt)
	if err != nil {
		return nil, ErrNumber
	}
	b, err := ParseNumber(offered)
	if err != nil {
		return nil, err
	}
	theirs := new(big.Int).SetBytes(b)
	u, err := scramble(c.public, theirs)
	if err != nil {
		return nil, err
	}
	x := exponent(id, password, saltBytes)
	base := new(big.Int).Exp(generator, x, modulus)
	base.Sub(theirs, base.Mul(base, multiplier)).Mod(base, modulus)
	power := new(big.Int).Mul(u, x)
	return deriveKey(base.Exp(base, power.Add(power, c.secret), modulus), u)
}
