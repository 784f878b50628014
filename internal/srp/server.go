package srp

import (
	"io"
	"math/big"
)

// Offer is the server's side of one exchange. Secret must be kept from everybody
// and used for one proof at most.
type Offer struct {
	Secret []byte // b, ExponentBytes
	Public []byte // B, NumberBytes
}

// NewOffer draws b and makes B for the verifier.
func NewOffer(random io.Reader, verifier []byte) (Offer, error) {
	v, err := number(verifier)
	if err != nil {
		return Offer{}, err
	}
	b, err := newExponent(random)
	if err != nil {
		return Offer{}, err
	}
	public := new(big.Int).Exp(generator, new(big.Int).SetBytes(b), modulus)
	public.Add(public, v.Mul(v, multiplier)).Mod(public, modulus)
	if public.Sign() == 0 { // the client would have to refuse it
		return Offer{}, ErrExchange
	}
	return Offer{Secret: b, Public: bytesOf(public)}, nil
}

// Key is the server's key of the exchange in which the client sent public, as
// ParseNumber returned it.
func (o Offer) Key(verifier, public []byte) (Key, error) {
	v, err := number(verifier)
	if err != nil {
		return nil, err
	}
	theirs, err := number(public)
	if err != nil {
		return nil, err
	}
	ours, err := number(o.Public)
	if err != nil {
		return nil, err
	}
	u, err := scramble(theirs, ours)
	if err != nil {
		return nil, err
	}
	shared := new(big.Int).Exp(v, u, modulus)
	shared.Mul(shared, theirs).Mod(shared, modulus)
	shared.Exp(shared, new(big.Int).SetBytes(o.Secret), modulus)
	return deriveKey(shared, u)
}
