package audit_test

import (
	"bytes"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
)

// keeping is a Keeper that remembers entries.
type keeping struct {
	bytes []byte
	kinds []audit.Kind
}

func (k *keeping) Keep(kind audit.Kind, r *audit.Record, denied *audit.Denied) {
	k.kinds = append(k.kinds, kind)
	k.bytes = r.AppendEntry(k.bytes, denied)
}

func everySort() []*audit.Record {
	long := strings.Repeat("ä", 5000)
	wordy := refusal("wordy", ann)
	wordy.UserAgent, wordy.Resource, wordy.Route = long, long, long
	for range 20 {
		wordy.Note(long, audit.Passed, long, noon)
	}
	wordy.Note("last", audit.Refused, long, noon)
	routed := refusal("routed", audit.Anonymous)
	routed.Plane, routed.API, routed.Stage, routed.Route, routed.Authorizer = audit.PlaneData, "a1", "prod", "GET /pizzas/{id}", "JWT staff"
	before := refusal("before 1970", ann)
	before.At = noon.AddDate(-100, 0, 0)
	return []*audit.Record{{ID: "bare"}, {ID: "good", At: noon, Outcome: audit.Passed}, {ID: "bad", At: noon, Outcome: audit.Failed, Status: 500},
		routed, wordy, before, denied(refusal("denied", ann), 20), denied(refusal("much denied", ann), 1000)}
}

// A journal tells of a record what the newest in memory do.
func TestAnEntryTellsWhatItsRecordDoes(t *testing.T) {
	l, k := newLog(64), new(keeping)
	l.HandTo(k)
	all := everySort()
	for _, r := range all {
		l.Write(r)
	}
	left := k.bytes
	for i, r := range all {
		e, rest, ok := audit.NextEntry(left)
		left = rest
		if !ok {
			t.Fatalf("%s: no entry", r.ID)
		}
		got, err := e.Report()
		want, _ := audit.NewReport(l.Find(r.ID))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the entry tells\n%+v, %v\nwant\n%+v", r.ID, got, err, want)
		}
		h, ok := e.Head()
		if !ok || h.At != r.At.UnixNano() || h.Status != r.Status || h.Outcome != r.Outcome || string(h.ID) != r.ID || string(h.API) != want.API ||
			string(h.Route) != want.Route || string(h.Caller) != want.Caller || string(h.Operation) != want.Operation || string(h.Plane) != want.Plane {
			t.Errorf("%s: its head is %+v", r.ID, h)
		}
		if kind := map[string]audit.Kind{"good": audit.KindPassed, "bare": audit.KindStrangers, "bad": audit.KindStrangers, "routed": audit.KindStrangers}[r.ID]; kind != k.kinds[i] && kind != 0 {
			t.Errorf("%s is of kind %d", r.ID, k.kinds[i])
		}
		if len(e) > 20<<10 {
			t.Errorf("%s takes %d bytes", r.ID, len(e))
		}
	}
	if len(left) != 0 {
		t.Errorf("%d bytes are left", len(left))
	}
}

// An entry that was cut, or written by who knows whom, is refused and hurts nobody.
func TestABrokenEntryIsRefused(t *testing.T) {
	whole := denied(refusal("denied", ann), 3)
	k := new(keeping)
	l := audit.NewLog(slog.New(slog.DiscardHandler), 4)
	l.HandTo(k)
	l.Write(whole)
	e, _, _ := audit.NextEntry(k.bytes)
	for i := range e {
		if _, err := e[:i].Report(); err == nil {
			t.Errorf("cut after %d of %d bytes it can be read", i, len(e))
		}
	}
	for _, b := range [][]byte{nil, {0}, {0, 0, 0, 9, 1}, {255, 255, 255, 255, 1}, bytes.Repeat([]byte{255}, 100)} {
		if e, _, ok := audit.NextEntry(b); ok {
			t.Errorf("%v is taken for the entry %v", b, e)
		}
	}
}

func FuzzEntry(f *testing.F) {
	for _, r := range everySort() {
		b := r.AppendEntry(nil, r.Denied)
		f.Add(b[4:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e := audit.Entry(b)
		_, headed := e.Head()
		if _, err := e.Report(); err == nil && !headed {
			t.Error("a whole entry without a head")
		}
		for rest := b; ; {
			var ok bool
			if _, rest, ok = audit.NextEntry(rest); !ok {
				break
			}
		}
	})
}

func BenchmarkAppendEntry(b *testing.B) {
	r := refusal("0b8f4c1e-5f0e-4a53-9d0c-0f6c5c9a1b2c", ann)
	room := r.AppendEntry(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		room = r.AppendEntry(room[:0], nil)
	}
	b.ReportMetric(float64(len(room)), "B/entry")
}
