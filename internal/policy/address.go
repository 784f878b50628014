package policy

import (
	"encoding/binary"
	"net/netip"
)

// address is one of IPv4 or IPv6 in two words.
type address struct {
	high, low uint64
	v4        bool
}

// network is the addresses that begin alike.
type network struct {
	begin, mask address
	bits        int
}

// parseAddress reads an address; one of IPv4 written as IPv6 is that of IPv4.
func parseAddress(text string) (address, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return address{}, false
	}
	return addressOf(a.Unmap()), true
}

func addressOf(a netip.Addr) address {
	b := a.As16()
	return address{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]), a.Is4()}
}

// parseNetwork reads CIDR, or an address that stands for itself alone.
func parseNetwork(text string) (network, bool) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return network{}, false
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	const every = ^uint64(0)
	n := network{begin: addressOf(p.Masked().Addr()), bits: p.Bits()}
	bits := p.Bits()
	if n.begin.v4 {
		bits += 96
	}
	n.mask.high = ^(every >> min(bits, 64))
	n.mask.low = ^(every >> max(bits-64, 0))
	return n, true
}

func (n *network) contains(a address) bool {
	return (a.high^n.begin.high)&n.mask.high|(a.low^n.begin.low)&n.mask.low == 0 && a.v4 == n.begin.v4
}
