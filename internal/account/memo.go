package account

import "sync"

// memo remembers what is costly to work out again and always comes out the
// same. It holds at most memoSize answers: when it is full it starts afresh.
// The zero value is ready and safe for concurrent use.
type memo[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]V
}

const memoSize = 1024

func (m *memo[K, V]) get(key K) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.known[key]
	return v, ok
}

func (m *memo[K, V]) put(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoSize {
		m.known = make(map[K]V, 16)
	}
	m.known[key] = value
}
