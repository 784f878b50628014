package identitypool

import (
	"net/netip"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
)

// newcomers bounds how fast strangers make identities, which stay for ever: a
// guest needs no proof, and who unlinks a login can come again with it. It is a
// token bucket for each network on this node; the zero value is ready and safe
// for concurrent use.
type newcomers struct {
	mu    sync.Mutex
	full  map[netip.Prefix]time.Time // when the bucket of a network is full again
	swept time.Time
}

const (
	// newcomerBurst identities may come from a network at once, and one more after
	// each pause: 25 a second, AWS's quota of GetId for a whole account.
	newcomerBurst = 1000
	newcomerPause = time.Second / 25
	// maxNetworks are remembered. All further ones share a bucket.
	maxNetworks = 10_000
	sweepPause  = time.Second
)

// admit counts a new identity for a call, or refuses it with
// TooManyRequestsException.
func (n *newcomers) admit(call *access.Call) error {
	if !n.take(networkOf(call.Source), call.Time) {
		text := textTooFast
		return refused(call, "too many new identities from this network", &types.TooManyRequestsException{Message: &text})
	}
	return nil
}

func (n *newcomers) take(network netip.Prefix, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full == nil {
		n.full = map[netip.Prefix]time.Time{}
	}
	full, known := n.full[network]
	if !known && len(n.full) >= maxNetworks && !n.sweep(now) {
		network = netip.Prefix{}
		full = n.full[network]
	}
	if full.Before(now) {
		full = now
	}
	full = full.Add(newcomerPause)
	if full.Sub(now) > newcomerBurst*newcomerPause {
		return false
	}
	n.full[network] = full
	return true
}

// sweep forgets networks whose bucket is full, and reports whether there is room.
func (n *newcomers) sweep(now time.Time) bool {
	if since := now.Sub(n.swept); since >= 0 && since < sweepPause {
		return false
	}
	n.swept = now
	for network, full := range n.full {
		if !full.After(now) {
			delete(n.full, network)
		}
	}
	return len(n.full) < maxNetworks
}

// networkOf is what one subscriber has: an IPv4 address, or the 64 bits of IPv6
// below which they choose addresses themselves. The zero Prefix for no address.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, _ := a.Prefix(bits) // fails for no address
	return network
}
