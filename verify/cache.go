package verify

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
)

// fingerprint stands for a whole token, signature included. The cache holds no
// token text, so that a memory dump of it lets nobody in.
type fingerprint [sha256.Size]byte

// fingerprintOf copies a token of usual length to the stack, not to the heap.
func fingerprintOf(token string) fingerprint {
	var room [2048]byte
	return sha256.Sum256(append(room[:0], token...))
}

// cache remembers verified tokens, a bounded number of them. When it is full,
// the oldest that nobody has asked for since the last round gives way. Refused
// tokens are never remembered: strangers could fill it with them.
type cache struct{ shards []shard }

type shard struct {
	mu    sync.RWMutex
	known map[fingerprint]*remembered
	ring  []*remembered // grows to limit; hand goes round
	limit int
	hand  int
}

type remembered struct {
	id    fingerprint
	token *Token
	asked atomic.Bool
}

// cacheShards spreads readers over locks. Small caches have one shard, so that
// their bound is exact in use.
const cacheShards = 16

func newCache(limit int) *cache {
	shards := 1
	if limit >= 64*cacheShards {
		shards = cacheShards
	}
	c := &cache{shards: make([]shard, shards)}
	for i := range c.shards {
		c.shards[i].limit = limit / shards
		c.shards[i].known = make(map[fingerprint]*remembered)
	}
	return c
}

func (c *cache) shardOf(id fingerprint) *shard {
	return &c.shards[int(id[0])%len(c.shards)]
}

func (c *cache) get(id fingerprint) *Token {
	s := c.shardOf(id)
	s.mu.RLock()
	found := s.known[id]
	s.mu.RUnlock()
	if found == nil {
		return nil
	}
	if !found.asked.Load() { // spares the cache line a write on every hit
		found.asked.Store(true)
	}
	return found.token
}

func (c *cache) put(id fingerprint, token *Token) {
	s := c.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.known[id]; known {
		return
	}
	entry := &remembered{id: id, token: token}
	if len(s.ring) < s.limit {
		s.ring = append(s.ring, entry)
	} else {
		for s.ring[s.hand].asked.Swap(false) {
			s.hand = (s.hand + 1) % s.limit
		}
		if old := s.ring[s.hand]; s.known[old.id] == old { // else dropped before
			delete(s.known, old.id)
		}
		s.ring[s.hand] = entry
		s.hand = (s.hand + 1) % s.limit
	}
	s.known[id] = entry
}

// drop forgets a token. Its place in the ring is taken when the hand comes by.
func (c *cache) drop(id fingerprint) {
	s := c.shardOf(id)
	s.mu.Lock()
	if entry := s.known[id]; entry != nil {
		entry.asked.Store(false)
		delete(s.known, id)
	}
	s.mu.Unlock()
}
