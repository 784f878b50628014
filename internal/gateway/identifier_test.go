package gateway

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"
)

// What the source gave is given out once, in its order, and is then forgotten.
func TestNoRandomnessIsGivenTwice(t *testing.T) {
	source := make([]byte, 8192)
	rand.Read(source)
	c := NewChance(bytes.NewReader(source))
	at := 0
	for i := range 40 {
		b := make([]byte, 39+i)
		c.read(b)
		found := bytes.Index(source[at:], b)
		if found < 0 {
			t.Fatalf("read %d: not what comes next", i)
		}
		at += found + len(b)
		if given := c.room[:len(c.room)-len(c.ahead)]; slices.ContainsFunc(given[len(given)-len(b):], func(x byte) bool { return x != 0 }) {
			t.Fatalf("read %d: what was given out is still known", i)
		}
	}
}
