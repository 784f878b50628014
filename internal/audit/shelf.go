package audit

import (
	"time"
	"unicode/utf8"
)

// Limits of what is kept of a record, in bytes. Longer texts are clipped and
// end in an ellipsis. The fields before the steps can take 1536 of maxText.
const (
	maxText     = 2304
	maxName     = 24  // of a step
	maxDetail   = 160 // of a step that did not decide
	maxDeciding = 512
)

// fields are the texts of a record before its steps, with their limits. Entries
// are written in this order: a new one comes last.
var fields = [...]struct {
	of    func(*Record) *string
	limit int
}{
	fieldID:         {func(r *Record) *string { return &r.ID }, 64},
	fieldPlane:      {func(r *Record) *string { return &r.Plane }, 16},
	fieldSource:     {func(r *Record) *string { return &r.Source }, 64},
	fieldUserAgent:  {func(r *Record) *string { return &r.UserAgent }, 160},
	fieldService:    {func(r *Record) *string { return &r.Service }, 48},
	fieldOperation:  {func(r *Record) *string { return &r.Operation }, 192},
	fieldRegion:     {func(r *Record) *string { return &r.Region }, 32},
	fieldResource:   {func(r *Record) *string { return &r.Resource }, 320},
	fieldCaller:     {func(r *Record) *string { return &r.Caller }, 256},
	fieldAPI:        {func(r *Record) *string { return &r.API }, 32},
	fieldStage:      {func(r *Record) *string { return &r.Stage }, 64},
	fieldRoute:      {func(r *Record) *string { return &r.Route }, 192},
	fieldAuthorizer: {func(r *Record) *string { return &r.Authorizer }, 96},
}

const (
	fieldID = iota
	fieldPlane
	fieldSource
	fieldUserAgent
	fieldService
	fieldOperation
	fieldRegion
	fieldResource
	fieldCaller
	fieldAPI
	fieldStage
	fieldRoute
	fieldAuthorizer
)

// stepLimits is how much of the name and of the detail of step i is kept, when
// used bytes of maxText are taken. The step that decided has room whatever those
// before it said.
func stepLimits(i, deciding, used int) (name, detail int) {
	detail = maxDetail
	if i == deciding {
		detail = maxDeciding
	}
	return min(maxName, maxText-used-reserved(i, deciding)), detail
}

// reserved is what the steps before the deciding one leave to it.
func reserved(i, deciding int) int {
	if i < deciding {
		return maxName + maxDeciding
	}
	return 0
}

// slot is one kept record. Its texts stand behind one another in text, which
// the next record of the slot takes over.
type slot struct {
	number  uint64 // of all records ever written
	at      int64  // Unix nanoseconds
	took    time.Duration
	status  int
	outcome Outcome
	n       int // steps
	steps   [maxSteps]struct {
		after   time.Duration
		outcome Outcome
	}
	text []byte
	ends [len(fields) + 2*maxSteps]uint16

	denied *Denied // never changed, since Find hands it out
	traced int     // bytes of denied that count
}

// shelf is a ring of records, and of so many statements as maxTraces allows.
type shelf struct {
	slots []slot // grows to keep, then wraps
	keep  int
	next  uint64 // records put here, ever; the next goes to next % keep

	maxTraces int    // bytes
	traces    int    // bytes
	bare      uint64 // records before this one have no statements any more
}

func (s *shelf) put(r *Record, number uint64, denied *Denied, size int) {
	if len(s.slots) < s.keep {
		s.slots = append(s.slots, slot{})
	}
	to := &s.slots[s.next%uint64(s.keep)]
	s.traces -= to.traced
	to.denied, to.traced = nil, 0
	if oldest := s.next - uint64(len(s.slots)) + 1; s.bare < oldest {
		s.bare = oldest
	}
	for ; s.traces+size > s.maxTraces && s.bare < s.next; s.bare++ {
		s.strip(&s.slots[s.bare%uint64(s.keep)])
	}
	to.take(r, number)
	to.denied, to.traced = denied, size
	s.traces += size
	s.next++
}

// strip takes a record's statements away, and lets it say so.
func (s *shelf) strip(from *slot) {
	if from.traced == 0 {
		return
	}
	s.traces -= from.traced
	from.denied, from.traced = &gone, 0
}

// gone stands for statements that were kept no longer.
var gone = Denied{}

func (s *shelf) clear() { *s = shelf{keep: s.keep, maxTraces: s.maxTraces} }

// take copies r. No text of r is kept itself: it may be a small part of a large
// header or body.
func (s *slot) take(r *Record, number uint64) {
	s.number, s.at, s.took, s.status, s.outcome, s.n = number, r.At.UnixNano(), r.Took, r.Status, r.Outcome, r.n
	s.text = s.text[:0]
	for i := range fields {
		s.add(i, *fields[i].of(r), fields[i].limit)
	}
	deciding := r.decided()
	for i, step := range r.Steps() {
		s.steps[i].after, s.steps[i].outcome = step.After, step.Outcome
		at := len(fields) + 2*i
		name, detail := stepLimits(i, deciding, len(s.text))
		s.add(at, step.Name, name)
		s.add(at+1, step.Detail, min(detail, maxText-len(s.text)-reserved(i, deciding)))
	}
}

// add appends a text of at most limit bytes.
func (s *slot) add(at int, text string, limit int) {
	cut := clipped(text, limit)
	switch {
	case cut == len(text):
		s.text = append(s.text, text...)
	case limit >= len(ellipsis):
		s.text = append(append(s.text, text[:cut]...), ellipsis...)
	}
	s.ends[at] = uint16(len(s.text))
}

// clipped is how many bytes of text stand before the ellipsis if it may take
// limit bytes: all of them if it has room.
func clipped(text string, limit int) int {
	if len(text) <= limit {
		return len(text)
	}
	cut := max(limit-len(ellipsis), 0)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return cut
}

const ellipsis = "…"

func (s *slot) is(id string) bool { return string(s.text[:s.ends[fieldID]]) == id }

// record is what take has taken.
func (s *slot) record() Record {
	text, from := string(s.text), 0
	next := func(at int) string {
		to := int(s.ends[at])
		part := text[from:to]
		from = to
		return part
	}
	r := Record{At: time.Unix(0, s.at).UTC(), Took: s.took, Status: s.status, Outcome: s.outcome, Denied: s.denied, n: s.n}
	for i := range fields {
		*fields[i].of(&r) = next(i)
	}
	for i := range s.n {
		at := len(fields) + 2*i
		r.steps[i] = Step{Name: next(at), Outcome: s.steps[i].outcome, Detail: next(at + 1), After: s.steps[i].after}
	}
	return r
}
