package account

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
)

func unpacked(t testing.TB, packed []byte) (out any) {
	t.Helper()
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Writers are used again: nothing of one session may stand in another's, also
// where many are made at once.
func TestWhatIsPackedIsItsOwn(t *testing.T) {
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for i := range 40 {
				text := strings.Repeat(string(rune('a'+n)), 1+i*37)
				packed, err := pack(text)
				if err != nil {
					t.Error(err)
					return
				}
				again, err := pack(text)
				if err != nil || !bytes.Equal(packed, again) {
					t.Errorf("packs differently the second time: %v", err)
				}
				if unpacked(t, packed) != text {
					t.Error("comes out as something else")
				}
			}
		})
	}
	wait.Wait()
}

// packs answers what packing would: also for what deflate cannot shorten.
func TestWhatFitsIsKnownWithoutPacking(t *testing.T) {
	for size := maxPacked - 200; size < maxPacked*2; size += 13 {
		noise := make([]byte, size)
		rand.Read(noise)
		for _, text := range []string{base64.StdEncoding.EncodeToString(noise)[:size], strings.Repeat("a", size)} {
			packed, err := pack(text)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := packs(text); err != nil || ok != (len(packed) <= maxPacked) {
				t.Errorf("%d characters that pack to %d bytes: %v, %v", size, len(packed), ok, err)
			}
		}
	}
}

func BenchmarkPack(b *testing.B) {
	claims := session{Secret: strings.Repeat("k", 40), Kind: ofRole, Owner: "AROAEXAMPLE", Name: "CognitoIdentityCredentials"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pack(claims); err != nil {
			b.Fatal(err)
		}
	}
}
