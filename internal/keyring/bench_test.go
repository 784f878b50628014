package keyring_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/keyring"
)

func BenchmarkKeyring(b *testing.B) {
	k := openRing(b, keyring.NewMaster(), newShelf(b))
	text := "a client secret of fifty-one characters, as they are"
	sealed := seal(b, k, keyring.ClientSecrets, "client", text)
	plain := []byte(text)
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"Seal", func() error { _, err := k.Seal(keyring.ClientSecrets, "client", plain); return err }},
		{"Open", func() error { _, err := k.Open(keyring.ClientSecrets, "client", sealed); return err }},
		{"MAC", func() error { k.MAC(keyring.Tokens, "refresh", text); return nil }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
