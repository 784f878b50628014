package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
)

// KeyCache keeps derived signing keys, so that a client's next request of the
// day costs one HMAC and not five. A nil *KeyCache derives every time. Only keys
// that have verified a request are kept, so strangers cannot push others out.
// Safe for concurrent use.
type KeyCache struct {
	mu    sync.Mutex
	limit int
	young map[scope]derived // filled until limit, then it becomes old
	old   map[scope]derived
}

type scope struct{ accessKeyID, day, region, service string }

// derived remembers which secret it was made from: after the secret of an
// access key has changed, the old entry is no hit.
type derived struct{ secret, key [32]byte }

// NewKeyCache keeps at most 2*limit keys, dropping those not used lately.
func NewKeyCache(limit int) *KeyCache {
	return &KeyCache{limit: max(limit, 1), young: map[scope]derived{}}
}

func (c *KeyCache) signingKey(secret, accessKeyID, day, region, service string) [32]byte {
	if c != nil {
		digest := sha256.Sum256([]byte(secret))
		at := scope{accessKeyID, day, region, service}
		c.mu.Lock()
		d, ok := c.young[at]
		if !ok {
			d, ok = c.old[at]
		}
		c.mu.Unlock()
		if ok && subtle.ConstantTimeCompare(d.secret[:], digest[:]) == 1 {
			return d.key
		}
	}
	key := sum([]byte("AWS4"+secret), []byte(day))
	for _, part := range [...]string{region, service, terminator} {
		key = sum(key[:], []byte(part))
	}
	return key
}

// keep remembers a key that has just verified a request.
func (c *KeyCache) keep(key [32]byte, secret, accessKeyID, day, region, service string) {
	if c == nil {
		return
	}
	d := derived{sha256.Sum256([]byte(secret)), key}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := scope{accessKeyID, day, region, service}
	if c.young[at] == d {
		return
	}
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[scope]derived, c.limit)
	}
	// Cloned: the parts are cut out of a request's header, which they would keep alive.
	c.young[scope{strings.Clone(accessKeyID), strings.Clone(day), strings.Clone(region), strings.Clone(service)}] = d
}
