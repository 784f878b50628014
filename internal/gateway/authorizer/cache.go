package authorizer

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// Config is what a Cache needs. Zero bounds are the usual ones.
type Config struct {
	Clock   *clock.Clock
	Random  io.Reader // crypto/rand.Reader
	Entries int       // of all scopes together; 65,536
	Bytes   int       // of memory, about; 64 MB
}

const (
	usualEntries = 1 << 16
	usualBytes   = 64 << 20
	shards       = 16
)

// Cache remembers answers of all authorizers of a node. Safe for concurrent use.
type Cache struct {
	clock  *clock.Clock
	secret [32]byte // of the hash: what is in memory tells nothing of a token
	scopes atomic.Uint64
	shards [shards]shard
}

// NewCache makes an empty one. A machine without randomness cannot serve safely,
// so it panics.
func NewCache(c Config) *Cache {
	cache := &Cache{clock: c.Clock}
	if _, err := io.ReadFull(c.Random, cache.secret[:]); err != nil {
		panic("authorizer: no randomness: " + err.Error())
	}
	if c.Entries <= 0 {
		c.Entries = usualEntries
	}
	if c.Bytes <= 0 {
		c.Bytes = usualBytes
	}
	for i := range cache.shards {
		s := &cache.shards[i]
		s.entries, s.flights = map[Key]*entry{}, map[Key]*flight{}
		s.mostEntries, s.mostBytes = max(1, c.Entries/shards), c.Bytes/shards
		s.order.next, s.order.prev = &s.order, &s.order
	}
	return cache
}

// Scope is one authorizer of one stage, as that stage was last written.
type Scope struct {
	cache  *Cache
	number uint64
	ttl    time.Duration
}

// Remembers is false for a scope whose every request calls.
func (s *Scope) Remembers() bool { return s.ttl > 0 }

// MaxTTL is how long an answer may be believed at most.
const MaxTTL = time.Hour

// Open makes a scope that no other shares anything with, and that finds nothing
// of what was remembered before. A time to live of nothing remembers nothing, and
// then every request calls.
func (c *Cache) Open(ttl time.Duration) *Scope {
	return &Scope{cache: c, number: c.scopes.Add(1), ttl: min(max(ttl, 0), MaxTTL)}
}

// Key stands for the values of an authorizer's identity sources in one scope.
type Key [sha256.Size]byte

// Key hashes values in their order, each with its length, so that no two lists
// read alike. A secret goes first: whoever sees keys cannot try out tokens.
func (s *Scope) Key(values ...string) Key {
	var room [2048]byte
	b := append(room[:0], s.cache.secret[:]...)
	b = binary.BigEndian.AppendUint64(b, s.number)
	for _, v := range values {
		b = binary.BigEndian.AppendUint64(b, uint64(len(v)))
		b = append(b, v...)
	}
	return sha256.Sum256(b)
}

// shard is a part of the cache with a lock of its own.
type shard struct {
	mu                     sync.Mutex
	entries                map[Key]*entry
	flights                map[Key]*flight
	order                  entry // the head of a ring, from the last used to the first
	bytes                  int
	mostEntries, mostBytes int
}

type entry struct {
	key        Key
	answer     *Answer
	until      time.Time
	prev, next *entry
}

func (c *Cache) shard(k *Key) *shard { return &c.shards[k[0]%shards] }

// find is the answer under a key that is still good. The lock is held.
func (s *shard) find(k *Key, now time.Time) *Answer {
	e := s.entries[*k]
	if e == nil {
		return nil
	}
	if !now.Before(e.until) {
		s.drop(e)
		return nil
	}
	if s.order.next != e {
		e.unlink()
		s.lead(e)
	}
	return e.answer
}

// keep remembers an answer until then. What does not fit is not kept. The lock is held.
func (s *shard) keep(k *Key, a *Answer, until time.Time) {
	if a.size > s.mostBytes {
		return
	}
	if before := s.entries[*k]; before != nil {
		s.drop(before)
	}
	e := &entry{key: *k, answer: a, until: until}
	s.entries[*k] = e
	s.bytes += a.size
	s.lead(e)
	for len(s.entries) > s.mostEntries || s.bytes > s.mostBytes {
		s.drop(s.order.prev)
	}
}

func (s *shard) drop(e *entry) {
	e.unlink()
	delete(s.entries, e.key)
	s.bytes -= e.answer.size
}

func (s *shard) lead(e *entry) {
	e.prev, e.next = &s.order, s.order.next
	e.prev.next, e.next.prev = e, e
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
