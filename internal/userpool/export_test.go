package userpool

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"sync/atomic"
)

// Quicken gives the service cheap hashes and keys from a small stock, for tests
// whose matter is neither. The price of both is tested where it is set, and
// TestWellKnownDocuments and the benchmarks run with the real ones.
func (s *Service) Quicken() {
	s.passwords.cost = hashCost{memory: 64, passes: 1, threads: 1}
	s.passwords.nobody = encode(s.passwords.cost, make([]byte, saltBytes), make([]byte, hashBytes))
	s.newKey = func() (*rsa.PrivateKey, error) {
		keys, err := stock()
		if err != nil {
			return nil, err
		}
		return keys[int(taken.Add(1))%len(keys)], nil
	}
}

// stock has enough keys that pools of one test do not meet each other's.
var (
	taken atomic.Int64
	stock = sync.OnceValues(func() (keys [8]*rsa.PrivateKey, err error) {
		for i := range keys {
			if keys[i], err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
				break
			}
		}
		return keys, err
	})
)

// Cost is what a hash costs in production.
func (s *Service) Cost() (memory, passes uint32, threads uint8) {
	return s.passwords.cost.memory, s.passwords.cost.passes, s.passwords.cost.threads
}
