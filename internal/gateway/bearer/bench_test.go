package bearer_test

import (
	"fmt"
	"testing"
)

func BenchmarkAuthorizeRemembered(b *testing.B) {
	for name, scopes := range map[string][]string{"without scopes": nil, "with scopes": {"read"}} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			values := []string{"Bearer " + w.token(nil)}
			b.ReportAllocs()
			for b.Loop() {
				if caller, _ := w.Authorize(b.Context(), values, scopes); caller == nil {
					b.Fatal("refused")
				}
			}
		})
	}
}

// More tokens in turn than are remembered: each is proved anew.
func BenchmarkAuthorizeAnew(b *testing.B) {
	w := newWorld(b)
	values := make([][]string, 4200)
	for i := range values {
		values[i] = []string{"Bearer " + w.token(claims{"sub": fmt.Sprint(i)})}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if caller, _ := w.Authorize(b.Context(), values[i%len(values)], nil); caller == nil {
			b.Fatal("refused")
		}
		i++
	}
}

func BenchmarkAuthorizeForged(b *testing.B) {
	w := newWorld(b)
	for name, value := range map[string]string{
		"signature": w.signed("RS256", secondKey(), "k1", nil),
		"kid":       forge(`{"alg":"RS256","kid":"invented"}`, w.payload(nil)),
		"algorithm": hmacToken(`{"alg":"HS256","kid":"k1"}`, w.payload(nil), nil),
	} {
		b.Run(name, func(b *testing.B) {
			values := []string{value}
			b.ReportAllocs()
			for b.Loop() {
				if caller, _ := w.Authorize(b.Context(), values, nil); caller != nil {
					b.Fatal("let in")
				}
			}
		})
	}
}
