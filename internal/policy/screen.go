package policy

import "strings"

// outline is a text in four words, by which most patterns that do not match it
// are found out without looking at it: its first and its last eight bytes, with
// zeros where it is shorter, and which pairs of neighbouring bytes it has.
type outline struct {
	head, tail uint64
	pairs      [2]uint64
}

func outlineOf[T string | []byte](text T) outline {
	var o outline
	n := min(len(text), 8)
	for i := range n {
		o.head |= uint64(text[i]) << (8 * i)
		o.tail |= uint64(text[len(text)-1-i]) << (56 - 8*i)
	}
	for i := 1; i < len(text); i++ {
		o.pair(text[i-1], text[i])
	}
	return o
}

// pair notes one of 128 sorts of pairs.
func (o *outline) pair(a, b byte) {
	sort := uint32(a)*31 + uint32(b)*7
	o.pairs[sort>>6&1] |= 1 << (sort & 63)
}

// screen is what a pattern demands of an outline. It never turns away what the
// pattern matches; what it lets through is still to be matched.
type screen struct {
	head, headMask, tail, tailMask uint64
	pairs                          [2]uint64
}

// newScreen takes the literal runs of a pattern, in order. The first is how a
// text must begin and the last how it must end, unless they are empty.
func newScreen(runs []string) screen {
	const every = ^uint64(0)
	head, tail := runs[0], runs[len(runs)-1]
	s := screen{
		head: outlineOf(head).head, headMask: every >> (64 - 8*min(len(head), 8)),
		tail: outlineOf(tail).tail, tailMask: ^(every >> (8 * min(len(tail), 8))),
	}
	for _, run := range runs {
		for i, pairs := range outlineOf(run).pairs {
			s.pairs[i] |= pairs
		}
	}
	return s
}

func (s *screen) lets(o *outline) bool {
	return (o.head^s.head)&s.headMask|(o.tail^s.tail)&s.tailMask|s.pairs[0]&^o.pairs[0]|s.pairs[1]&^o.pairs[1] == 0
}

// settles reports whether a screen says all there is to say of a head. A zero
// byte looks like the end of a text.
func settles(head string) bool {
	return len(head) <= 8 && strings.IndexByte(head, 0) < 0
}
