package identitypool

import (
	"net/netip"
	"testing"
	"time"
)

// However many networks strangers come from, what is remembered of them is
// bounded, and those beyond share what one has.
func TestNetworksAreForgotten(t *testing.T) {
	var n newcomers
	now := time.Unix(1_800_000_000, 0)
	network := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for i := range maxNetworks + newcomerBurst {
		if !n.take(network(i), now) {
			t.Fatalf("newcomer %d is refused", i)
		}
	}
	if n.take(network(maxNetworks+newcomerBurst), now) {
		t.Error("networks without a bucket do not share one")
	}
	if !n.take(network(1), now) {
		t.Error("a network with a bucket is refused for the others")
	}
	now = now.Add(sweepPause)
	for i := range 3 {
		if !n.take(network(1<<20+i), now) {
			t.Error("nobody was forgotten")
		}
	}
	if len(n.full) > 10 {
		t.Errorf("%d networks are remembered", len(n.full))
	}
}

func TestSourcesOfOneSubscriberAreOne(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8::7": "2001:db8::/64", "fe80::7%eth0": "fe80::/64",
	} {
		if got := networkOf(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
	if got := networkOf(netip.Addr{}); got.IsValid() {
		t.Errorf("no address is of %v", got)
	}
}
