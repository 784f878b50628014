package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
)

// Algorithm is a JWS signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1). Only
// those with a public key exist here: there is no way to ask for none or HMAC.
type Algorithm string

const (
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5 with SHA-256: what Cognito uses
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256" // RSASSA-PSS, salt as long as the hash
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256" // ECDSA on P-256
	ES384 Algorithm = "ES384" // on P-384
	ES512 Algorithm = "ES512" // on P-521
	EdDSA Algorithm = "EdDSA" // Ed25519 only
)

// known says whether this package can check the algorithm at all.
func (a Algorithm) known() bool {
	switch a {
	case RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA:
		return true
	}
	return false
}

// fits says whether a key of this type and curve is made for the algorithm.
func (a Algorithm) fits(public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch a {
		case RS256, RS384, RS512, PS256, PS384, PS512:
			return true
		}
	case *ecdsa.PublicKey:
		switch a {
		case ES256:
			return key.Curve == elliptic.P256()
		case ES384:
			return key.Curve == elliptic.P384()
		case ES512:
			return key.Curve == elliptic.P521()
		}
	case ed25519.PublicKey:
		return a == EdDSA
	}
	return false
}

// hash is the algorithm's hash function and the digest of what was signed.
func (a Algorithm) hash(signed []byte) (crypto.Hash, []byte) {
	switch a {
	case RS256, PS256, ES256:
		sum := sha256.Sum256(signed)
		return crypto.SHA256, sum[:]
	case RS384, PS384, ES384:
		sum := sha512.Sum384(signed)
		return crypto.SHA384, sum[:]
	default:
		sum := sha512.Sum512(signed)
		return crypto.SHA512, sum[:]
	}
}

// signatureHolds checks a signature. The caller has made sure that the key fits
// the algorithm; what does not fit is refused here all the same.
func signatureHolds(a Algorithm, public crypto.PublicKey, signed, signature []byte) bool {
	if !a.fits(public) {
		return false
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		hash, digest := a.hash(signed)
		if a[0] == 'P' {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		// r and s, each as long as the curve's order (RFC 7518 §3.4).
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		_, digest := a.hash(signed)
		r := new(big.Int).SetBytes(signature[:size])
		s := new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(key, digest, r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(key, signed, signature)
	}
	return false
}
