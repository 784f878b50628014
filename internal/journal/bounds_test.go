package journal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/journal"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func TestTheNumberIsKept(t *testing.T) {
	for _, number := range []int{1, 10, 1000} {
		db := database(t, store.Options{Memory: true})
		n := open(t, db, journal.Limits{Number: number, For: time.Hour}, new(clock.Clock))
		now := time.Now()
		for i := range 3 * number {
			n.log.Write(record(fmt.Sprintf("%08d", i), now.Add(time.Duration(i)*time.Millisecond), audit.Passed, ann))
		}
		prune(t, n)
		if _, records, _, err := journal.Size(t.Context(), db); records > number || records < number*31/32 || err != nil {
			t.Errorf("of %d are kept %d, %v", number, records, err)
		}
		if got := search(t, n, journal.Query{}, 1); got[0] != fmt.Sprintf("%08d", 3*number-1) {
			t.Errorf("the newest of %d is %v", number, got)
		}
	}
}

// A flood of strangers ends with the oldest of its own.
func TestAFloodPushesOutNobodyElse(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	n := open(t, db, journal.Limits{Number: 1000, For: time.Hour}, new(clock.Clock))
	began := time.Now()
	for i := range 400 {
		n.log.Write(record(fmt.Sprint("caller", i), began, audit.Refused, ann))
	}
	for i := range 200 {
		n.log.Write(record(fmt.Sprint("passed", i), began, audit.Passed, audit.Anonymous))
	}
	flood(t, n, 10_000, began)
	_, records, _, err := journal.Size(t.Context(), db)
	if err != nil || records > 1000 {
		t.Errorf("%d are kept, %v", records, err)
	}
	if got := len(search(t, n, journal.Query{Caller: ann}, 1000)); got != 400 {
		t.Errorf("of 400 refusals of callers are kept %d", got)
	}
	if got := len(search(t, n, journal.Query{Outcome: "passed"}, 1000)); got != 200 {
		t.Errorf("of 200 that passed are kept %d", got)
	}
	if got := search(t, n, journal.Query{Caller: audit.Anonymous, Outcome: "refused"}, 1000); len(got) < 300 || got[0] != "stranger9999" {
		t.Errorf("%d strangers are kept", len(got))
	}

	// Who fills the whole while it is quiet gives back what is not its own.
	for i := range 2000 {
		n.log.Write(record(fmt.Sprint("late", i), time.Now(), audit.Refused, ann))
	}
	prune(t, n)
	if callers := len(search(t, n, journal.Query{Caller: ann}, 1000)); callers < 500 {
		t.Errorf("of callers are kept %d", callers)
	}
	if strangers := len(search(t, n, journal.Query{Caller: audit.Anonymous, Outcome: "refused"}, 1000)); strangers < 200 || strangers > 300 {
		t.Errorf("strangers keep %d", strangers)
	}
}

func flood(t testing.TB, n node, number int, at time.Time) {
	t.Helper()
	for i := range number {
		n.log.Write(record(fmt.Sprint("stranger", i), at.Add(time.Duration(i)*time.Millisecond), audit.Refused, audit.Anonymous))
		if i%1000 == 0 {
			if err := n.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	prune(t, n)
}

func prune(t testing.TB, n node) {
	t.Helper()
	if err := n.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.PruneForTest(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// However much is written into requests, and however little of it can be
// pressed, the journal stays below its bytes.
func TestLargeRecordsTakeTheRoomOfTheirOwnKind(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	const number = 2000
	n := open(t, db, journal.Limits{Number: number, For: time.Hour}, new(clock.Clock))
	n.log.Write(record("caller", time.Now(), audit.Refused, ann))
	noise := make([]byte, 2000)
	for i := range 2 * number {
		r := record(fmt.Sprint("stranger", i), time.Now(), audit.Refused, audit.Anonymous)
		rand.Read(noise)
		r.UserAgent, r.Resource, r.Operation, r.Route = hex.EncodeToString(noise[:400]), hex.EncodeToString(noise[400:900]), hex.EncodeToString(noise[900:1400]), hex.EncodeToString(noise[1400:])
		r.Note("more", audit.Refused, hex.EncodeToString(noise[600:1200]), time.Now())
		n.log.Write(r)
		if i%300 == 0 {
			if err := n.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	prune(t, n)
	_, records, size, err := journal.Size(t.Context(), db)
	if err != nil || size > number*journal.BytesPerRecord || records < number/4 {
		t.Errorf("%d records take %d bytes, %v", records, size, err)
	}
	if got := search(t, n, journal.Query{Caller: ann}, 10); len(got) != 1 {
		t.Errorf("of a caller is kept %v", got)
	}
}

func TestWhatIsOldIsGone(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	now := new(clock.Clock)
	n := open(t, db, journal.Limits{Number: 1000, For: time.Hour}, now)
	n.log.Write(record("11111111", now.Now(), audit.Refused, ann))
	now.Advance(59 * time.Minute)
	n.log.Write(record("22222222", now.Now(), audit.Refused, ann))
	if got := search(t, n, journal.Query{}, 10); len(got) != 2 {
		t.Errorf("within the hour: %v", got)
	}
	now.Advance(2 * time.Minute)
	if got := search(t, n, journal.Query{}, 10); len(got) != 1 || got[0] != "22222222" {
		t.Errorf("after it: %v", got)
	}
	now.Advance(time.Hour)
	if got := search(t, n, journal.Query{}, 10); len(got) != 0 {
		t.Errorf("after two: %v", got)
	}
	prune(t, n)
	if rows, _, _, err := journal.Size(t.Context(), db); rows != 0 || err != nil {
		t.Errorf("%d rows are left, %v", rows, err)
	}
}

// A database that is gone costs requests nothing, and what is lost is counted.
func TestADatabaseThatTakesNothing(t *testing.T) {
	db := database(t, store.Options{Memory: true, Migrations: storetest.Migrations()}) // no table of ours
	var paper bytes.Buffer
	var mu sync.Mutex
	logger := slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return paper.Write(b) }), nil))
	j := journal.Open(db, usual, new(clock.Clock), logger)
	quiet := audit.NewLog(slog.New(slog.DiscardHandler), 64)
	quiet.HandTo(j)
	for i := range 100_000 {
		quiet.Write(record(fmt.Sprint(i), time.Now(), audit.Passed, ann))
		if i%10 == 0 {
			quiet.Write(record(fmt.Sprint(i), time.Now(), audit.Refused, ann))
		}
	}
	if err := j.Flush(t.Context()); err == nil {
		t.Error("it writes where no table is")
	}
	if d := j.Dropped(); d.Passed == 0 || d.Passed > 100_000 || d.Refused > 5000 {
		t.Errorf("dropped are %+v", d)
	}
	if _, err := j.Search(t.Context(), journal.Query{}, 1, ""); err == nil {
		t.Error("it searches as if all were there")
	}
	if err := j.Close(); err == nil {
		t.Error("it closes as if all were written")
	}
	mu.Lock()
	defer mu.Unlock()
	if text := paper.String(); !strings.Contains(text, "cannot be written") || strings.Count(text, "\n") > 4 {
		t.Errorf("the log says\n%s", text)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestManyWritersSearchersAndForgetting(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	n := open(t, db, journal.Limits{Number: 500, For: time.Hour}, new(clock.Clock))
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 400 {
				id := fmt.Sprintf("%d-%08d", g, i)
				n.log.Write(record(id, time.Now(), audit.Outcome(i%3), []string{ann, audit.Anonymous}[g%2]))
				if i%100 == 50 {
					search(t, n, journal.Query{API: "a1"}, 20)
				}
				if g == 0 && i%200 == 100 {
					if err := n.Forget(func() error { return db.Empty(t.Context()) }); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	prune(t, n)
	if _, records, _, err := journal.Size(t.Context(), db); records > 500 || err != nil {
		t.Errorf("%d are kept, %v", records, err)
	}
}

// varied are records as a busy server has them.
func varied(i int) *audit.Record {
	o, caller := audit.Passed, "us-east-1_AbCdEfGhI/0b8f4c1e-5f0e-4a53-9d0c-"+fmt.Sprintf("%012d", i%500)
	if i%20 == 0 {
		o, caller = audit.Refused, audit.Anonymous
	}
	r := record(uuid.NewString(), time.Now(), o, caller)
	r.API, r.Source = fmt.Sprintf("api%07d", i%100), fmt.Sprintf("192.0.2.%d", i%250)
	r.Note("authorize", audit.Passed, "", r.At.Add(time.Duration(i%1000)*time.Microsecond))
	r.Note("integrate", audit.Passed, "", r.At.Add(time.Duration(i%7000)*time.Microsecond))
	return r
}

// BenchmarkKeep is what a request pays itself: the copy.
func BenchmarkKeep(b *testing.B) {
	n := open(b, database(b, store.Options{Memory: true}), usual, new(clock.Clock))
	list := make([]*audit.Record, 512)
	for i := range list {
		list[i] = varied(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n.Keep(audit.KindPassed, list[i%len(list)], nil)
		if i++; i%len(list) == 0 {
			n.DiscardForTest()
		}
	}
	if d := n.Dropped(); d.Passed > 0 {
		b.Errorf("%d were dropped", d.Passed)
	}
}

// BenchmarkKept is all that a record costs, its writing and pruning included.
func BenchmarkKept(b *testing.B) {
	n := open(b, database(b, store.Options{Memory: true}), usual, new(clock.Clock))
	list := make([]*audit.Record, 4096)
	for i := range list {
		list[i] = varied(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n.log.Write(list[i%len(list)])
		if i++; i%1024 == 0 {
			if err := n.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSearchOfAHundredThousand(b *testing.B) {
	db := database(b, store.Options{Memory: true})
	n := open(b, db, journal.Limits{Number: 110_000, For: time.Hour}, new(clock.Clock))
	for i := range 100_000 {
		n.log.Write(varied(i))
		if i%1024 == 0 {
			if err := n.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := n.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	rows, records, size, err := journal.Size(b.Context(), db)
	if err != nil || n.Dropped() != (journal.Dropped{}) {
		b.Fatal(err)
	}
	for name, q := range map[string]journal.Query{"newest": {}, "one of a hundred APIs": {API: "api0000007"}, "none": {API: "none"}, "refusals": {Outcome: "refused"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Search(b.Context(), q, 100, ""); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/float64(records), "B/record")
			b.ReportMetric(float64(rows), "rows")
		})
	}
	b.Run("by id", func(b *testing.B) {
		for b.Loop() {
			if _, err := n.Find(b.Context(), "00000000-0000-0000-0000-000000000000"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
