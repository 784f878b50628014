package audit

import (
	"encoding/binary"
	"errors"
	"time"
)

// Entry is a record as a journal keeps it: its texts clipped as on a shelf, in a
// compact form that can be searched without taking it apart.
//
//	at, took, status, outcome | texts, in the order of fields | steps | what policies said
//
// Numbers are varints, texts have their length before them. Texts are only ever
// added behind the last: an entry of an older version has fewer, one of a newer
// version has more, which are passed over.
type Entry []byte

var errEntry = errors.New("audit: an entry cannot be read")

// Outcomes as they are written, whatever their numbers are in this version.
const (
	writtenPassed  = 'p'
	writtenFailed  = 'f'
	writtenRefused = 'r'
)

// What is written of policies.
const (
	noPolicies = iota
	somePolicies
	policiesForgotten
)

const (
	applies = 1 << iota // flags of a statement
	decides
)

// AppendEntry appends r to b, with its length before it for NextEntry. denied is
// what Log.Write hands to its Keeper. Nothing of r is kept itself, and nothing
// is allocated but room in b.
func (r *Record) AppendEntry(b []byte, denied *Denied) []byte {
	const room = 4 // bytes for the length, which is written last
	start := len(b)
	b = append(b, make([]byte, room)...)
	b = binary.AppendVarint(b, r.At.UnixNano())
	b = binary.AppendVarint(b, int64(r.Took))
	b = binary.AppendVarint(b, int64(r.Status))
	b = append(b, written(r.Outcome))
	b = binary.AppendUvarint(b, uint64(len(fields)))
	used := 0
	for i := range fields {
		var n int
		b, n = appendText(b, *fields[i].of(r), fields[i].limit)
		used += n
	}
	b = binary.AppendUvarint(b, uint64(r.n))
	deciding := r.decided()
	for i := range r.n {
		s := &r.steps[i]
		name, detail := stepLimits(i, deciding, used)
		b = append(b, written(s.Outcome))
		b = binary.AppendVarint(b, int64(s.After))
		var n int
		b, n = appendText(b, s.Name, name)
		used += n
		b, n = appendText(b, s.Detail, min(detail, maxText-used-reserved(i, deciding)))
		used += n
	}
	b = appendDenied(b, denied)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-room))
	return b
}

func written(o Outcome) byte {
	switch o {
	case Passed:
		return writtenPassed
	case Failed:
		return writtenFailed
	}
	return writtenRefused
}

func outcomeOf(b byte) Outcome {
	switch b {
	case writtenPassed:
		return Passed
	case writtenFailed:
		return Failed
	}
	return Refused
}

// appendText appends at most limit bytes of text behind their number, and
// returns that number.
func appendText(b []byte, text string, limit int) ([]byte, int) {
	cut := clipped(text, limit)
	if cut == len(text) {
		b = binary.AppendUvarint(b, uint64(cut))
		return append(b, text...), cut
	}
	if limit < len(ellipsis) {
		return append(b, 0), 0
	}
	b = binary.AppendUvarint(b, uint64(cut+len(ellipsis)))
	return append(append(b, text[:cut]...), ellipsis...), cut + len(ellipsis)
}

func appendDenied(b []byte, d *Denied) []byte {
	whole := func(text string) { b, _ = appendText(b, text, len(text)) }
	switch {
	case d == nil:
		return append(b, noPolicies)
	case d.Trace == nil:
		return append(b, policiesForgotten)
	}
	b = append(b, somePolicies)
	p := deniedTexts(d)
	for _, text := range p {
		whole(text)
	}
	b = binary.AppendVarint(b, int64(d.Left))
	b = binary.AppendUvarint(b, uint64(len(d.Trace.Steps)))
	for i := range d.Trace.Steps {
		s := statementOf(d, i)
		for _, text := range [...]string{s.Layer, s.Policy, s.Sid, s.Effect, s.Clause, s.Detail} {
			whole(text)
		}
		b = binary.AppendVarint(b, int64(s.Level))
		b = binary.AppendVarint(b, int64(s.Statement))
		var flags byte
		if s.Applies {
			flags |= applies
		}
		if s.Decided {
			flags |= decides
		}
		b = append(b, flags)
	}
	return b
}

func deniedTexts(d *Denied) [5]string {
	return [5]string{d.Principal, d.Action, d.Resource, d.Trace.Decision.Outcome.String(), d.Trace.Decision.Layer.String()}
}

// NextEntry takes the first entry off b; ok is false at the end, or where b is
// broken.
func NextEntry(b []byte) (e Entry, rest []byte, ok bool) {
	const room = 4
	if len(b) < room {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if uint64(len(b)-room) < n {
		return nil, nil, false
	}
	return Entry(b[room : room+n]), b[room+n:], true
}

// Head is what entries are searched by. The texts are parts of the entry.
type Head struct {
	At      int64 // Unix nanoseconds
	Status  int
	Outcome Outcome

	ID, Plane, Service, Operation, Resource, Caller, API, Stage, Route []byte
}

// Head reads the beginning of e; ok is false for what is no entry.
func (e Entry) Head() (h Head, ok bool) {
	in := reading{left: e}
	h.At = in.signed()
	in.signed() // took
	h.Status = int(in.signed())
	h.Outcome = outcomeOf(in.octet())
	into := [len(fields)]*[]byte{fieldID: &h.ID, fieldPlane: &h.Plane, fieldService: &h.Service, fieldOperation: &h.Operation,
		fieldResource: &h.Resource, fieldCaller: &h.Caller, fieldAPI: &h.API, fieldStage: &h.Stage, fieldRoute: &h.Route}
	for i := range in.count() {
		text := in.text()
		if i < len(into) && into[i] != nil {
			*into[i] = text
		}
	}
	return h, !in.broken
}

// Report is all that e tells.
func (e Entry) Report() (Report, error) {
	in := reading{left: e}
	var r Record
	r.At = time.Unix(0, in.signed()).UTC()
	r.Took = time.Duration(in.signed())
	r.Status = int(in.signed())
	r.Outcome = outcomeOf(in.octet())
	for i := range in.count() {
		text := string(in.text())
		if i < len(fields) {
			*fields[i].of(&r) = text
		}
	}
	for range in.count() {
		outcome, after := outcomeOf(in.octet()), time.Duration(in.signed())
		name, detail := string(in.text()), string(in.text())
		r.Note(name, outcome, detail, r.At.Add(after))
	}
	policies := in.policies()
	if in.broken {
		return Report{}, errEntry
	}
	report := reportOf(&r)
	report.Policies = policies
	return report, nil
}

// reading takes an entry apart. What is missing reads as nothing and is noted.
type reading struct {
	left   []byte
	broken bool
}

func (in *reading) fail() { in.left, in.broken = nil, true }

func (in *reading) signed() int64 {
	v, n := binary.Varint(in.left)
	if n <= 0 {
		in.fail()
		return 0
	}
	in.left = in.left[n:]
	return v
}

// count is a number of things, each of which takes a byte at least.
func (in *reading) count() int {
	v, n := binary.Uvarint(in.left)
	if n <= 0 || v > uint64(len(in.left)-n) {
		in.fail()
		return 0
	}
	in.left = in.left[n:]
	return int(v)
}

func (in *reading) text() []byte {
	n := in.count()
	text := in.left[:n]
	in.left = in.left[n:]
	return text
}

func (in *reading) octet() byte {
	if len(in.left) == 0 {
		in.fail()
		return 0
	}
	b := in.left[0]
	in.left = in.left[1:]
	return b
}

func (in *reading) policies() *Policies {
	text := func() string { return string(in.text()) }
	out := &Policies{Statements: []Statement{}}
	switch in.octet() {
	case noPolicies:
		return nil
	case somePolicies:
	default:
		out.Forgotten = true
		return out
	}
	for _, into := range [...]*string{&out.Principal, &out.Action, &out.Resource, &out.Decision, &out.Layer} {
		*into = text()
	}
	out.Left = int(in.signed())
	for range in.count() {
		var s Statement
		for _, into := range [...]*string{&s.Layer, &s.Policy, &s.Sid, &s.Effect, &s.Clause, &s.Detail} {
			*into = text()
		}
		s.Level, s.Statement = int(in.signed()), int(in.signed())
		flags := in.octet()
		s.Applies, s.Decided = flags&applies != 0, flags&decides != 0
		if in.broken {
			break
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}
