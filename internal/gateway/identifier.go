package gateway

import (
	"io"
	"sync"
)

const identifierLetters = "0123456789abcdefghijklmnopqrstuvwxyz"

// Identifiers are random lower-case letters and digits, as AWS makes them.
const (
	APIIDLength  = 10
	PartIDLength = 6 // resources, authorizers, deployments
)

// Chance is a source of random bytes shared by all requests.
type Chance struct {
	mu     sync.Mutex
	source io.Reader
	room   [1024]byte
	ahead  []byte // of room: read, and given to nobody yet
}

// NewChance makes one of source, such as crypto/rand.Reader.
func NewChance(source io.Reader) *Chance { return &Chance{source: source} }

// read fills b. It reads ahead, because asking the generator costs more than what
// it gives; nothing is given twice. A machine without randomness cannot serve
// safely, so it panics.
func (c *Chance) read(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ahead) < len(b) {
		if len(b) > len(c.room) {
			panic("gateway: so much randomness is asked for by nobody")
		}
		c.ahead = nil
		if _, err := io.ReadFull(c.source, c.room[:]); err != nil {
			panic("gateway: no randomness: " + err.Error())
		}
		c.ahead = c.room[:]
	}
	taken := c.ahead[:copy(b, c.ahead)]
	c.ahead = c.ahead[len(taken):]
	clear(taken)
}

// Identifier makes a name of n characters, each equally likely.
func (c *Chance) Identifier(n int) string {
	id := make([]byte, 0, n)
	var b [16]byte
	for len(id) < n {
		c.read(b[:])
		for _, x := range b {
			if x < 252 && len(id) < n { // 252 = 7 * 36
				id = append(id, identifierLetters[x%36])
			}
		}
	}
	return string(id)
}
