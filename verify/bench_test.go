package verify_test

import (
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/sallyport/sallyport/verify"
)

func BenchmarkVerify(b *testing.B) {
	for _, s := range everySigner() {
		switch s.algorithm {
		case verify.RS256, verify.PS256, verify.ES256, verify.EdDSA:
		default:
			continue
		}
		b.Run("cold/"+string(s.algorithm), func(b *testing.B) {
			benchmark(b, everyVerifier(b, everyKey(b)), s.token(accessClaims()))
		})
	}
	b.Run("warm", func(b *testing.B) {
		benchmark(b, accessVerifier(b, verify.WithCache(1000)), accessSigner().token(accessClaims()))
	})
	b.Run("warm/parallel", func(b *testing.B) {
		v, token := accessVerifier(b, verify.WithCache(1000)), accessSigner().token(accessClaims())
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func benchmark(b *testing.B, v *verify.Verifier, token string) {
	b.Helper()
	b.ReportAllocs()
	ctx := b.Context()
	for b.Loop() {
		if _, err := v.Verify(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}

// What strangers can cost: a token that is refused.
func BenchmarkRefuse(b *testing.B) {
	v := accessVerifier(b, verify.WithCache(1000))
	good := accessSigner().token(accessClaims())
	for name, token := range map[string]string{
		"malformed":                  good[:len(good)-1] + "=",
		"unknown key":                accessSigner().sign(`{"alg":"RS256","kid":"other"}`, toJSON(accessClaims())),
		"signature":                  strangers().token(accessClaims()),
		"many members in the header": accessSigner().sign(`{"alg":"none",`+manyMembers(400)+`}`, `{}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			for b.Loop() {
				if _, err := v.Verify(ctx, token); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// The same work by go-jose, to compare with cold/RS256.
func BenchmarkGoJose(b *testing.B) {
	s := accessSigner()
	token, keys := s.token(accessClaims()), oracleKeys(s)
	b.ReportAllocs()
	for b.Loop() {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			b.Fatal(err)
		}
		var claims jwt.Claims
		if err := parsed.Claims(keys, &claims); err != nil {
			b.Fatal(err)
		}
	}
}
