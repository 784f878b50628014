package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/journal"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

const ann = "arn:aws:iam::000000000000:user/ann"

var usual = journal.Limits{Number: 100_000, For: 168 * time.Hour}

// node is one server's part: its records and its journal.
type node struct {
	*journal.Journal
	log *audit.Log
}

func open(t testing.TB, db *store.DB, limits journal.Limits, now *clock.Clock) node {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	n := node{journal.Open(db, limits, now, quiet), audit.NewLog(quiet, 64)}
	n.log.HandTo(n)
	t.Cleanup(func() { n.Close() })
	return n
}

func database(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for name, o := range map[string]store.Options{"SQLite": {Memory: true}, "PostgreSQL": {Postgres: storetest.Postgres(t)}} {
		t.Run(name, func(t *testing.T) { test(t, database(t, o)) })
	}
}

func record(id string, at time.Time, o audit.Outcome, caller string) *audit.Record {
	r := &audit.Record{ID: id, At: at, Plane: audit.PlaneData, Source: "192.0.2.1", UserAgent: "curl/8", Service: "execute-api", Operation: "GET /pizzas/{id}",
		Region: "us-east-1", Resource: "arn:aws:execute-api:us-east-1:000000000000:a1/prod/GET/pizzas/{id}", Caller: caller,
		API: "a1", Stage: "prod", Route: "GET /pizzas/{id}", Authorizer: "JWT staff", Outcome: o, Status: 200, Took: time.Millisecond}
	r.Note("route", audit.Passed, "/pizzas/{id}", at)
	if o != audit.Passed {
		r.Status = 403
		r.Note("authorize", o, "no statement allows it", at.Add(time.Microsecond))
	}
	return r
}

func ids(list []audit.Report) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.RequestID)
	}
	return out
}

func search(t testing.TB, n node, q journal.Query, limit int) []string {
	t.Helper()
	p, err := n.Search(t.Context(), q, limit, "")
	if err != nil {
		t.Fatal(err)
	}
	return ids(p.Reports)
}

func TestARecordIsFoundAtOnceByWhatItIs(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		n := open(t, db, usual, new(clock.Clock))
		now := time.Now()
		n.log.Write(record("plain", now.Add(-6*time.Minute), audit.Passed, audit.Anonymous))
		n.log.Write(record("refused", now.Add(-5*time.Minute), audit.Refused, ann))
		other := record("other", now.Add(-4*time.Minute), audit.Failed, audit.Anonymous)
		other.API, other.Stage, other.Route, other.Operation, other.Status = "b2", "dev", "$default", "PUT /x", 502
		n.log.Write(other)
		control := record("control", now.Add(-3*time.Minute), audit.Passed, ann)
		control.Plane, control.Service, control.Operation, control.API, control.Stage, control.Route = audit.PlaneControl, "iam", "GetUser", "", "", ""
		control.Resource = "arn:aws:iam::000000000000:user/bob"
		n.log.Write(control)
		program := record("program", now.Add(-2*time.Minute), audit.Passed, ann)
		program.Plane = audit.PlaneProgram
		n.log.Write(program)

		for name, c := range map[string]struct {
			q    journal.Query
			want string
		}{
			"everything":           {journal.Query{}, "control other refused plain"},
			"the program's own":    {journal.Query{Plane: "program"}, "program"},
			"an API":               {journal.Query{API: "a1"}, "refused plain"},
			"a stage":              {journal.Query{API: "b2", Stage: "dev"}, "other"},
			"no such stage":        {journal.Query{API: "a1", Stage: "dev"}, ""},
			"a route":              {journal.Query{Route: "GET /pizzas/{id}"}, "refused plain"},
			"a route by operation": {journal.Query{Route: "PUT /x"}, "other"},
			"routes":               {journal.Query{Route: "* /pizzas*"}, "refused plain"},
			"the default route":    {journal.Query{Route: "$default"}, "other"},
			"a caller":             {journal.Query{Caller: ann}, "control refused"},
			"a caller's name":      {journal.Query{Caller: "ann"}, "control refused"},
			"not a part of it":     {journal.Query{Caller: "nn"}, ""},
			"strangers":            {journal.Query{Caller: "anonymous"}, "other plain"},
			"a resource":           {journal.Query{Resource: "bob"}, "control"},
			"refusals":             {journal.Query{Outcome: "refused"}, "refused"},
			"failures":             {journal.Query{Outcome: "failed"}, "other"},
			"a service":            {journal.Query{Service: "iam", Operation: "Get*"}, "control"},
			"a status":             {journal.Query{Status: journal.Statuses{From: 403, To: 403}}, "refused"},
			"statuses":             {journal.Query{Status: journal.Statuses{From: 400, To: 599}}, "other refused"},
			"since":                {journal.Query{Since: now.Add(-4 * time.Minute)}, "control other"},
			"until":                {journal.Query{Until: now.Add(-4 * time.Minute)}, "refused plain"},
			"a time":               {journal.Query{Since: now.Add(-5 * time.Minute), Until: now.Add(-3 * time.Minute)}, "other refused"},
		} {
			if got := strings.Join(search(t, n, c.q, 10), " "); got != c.want {
				t.Errorf("%s: found %q, want %q", name, got, c.want)
			}
		}
	})
}

func TestPagesGoThroughAllOnceNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		n := open(t, db, journal.Limits{Number: 3000, For: time.Hour}, new(clock.Clock)) // blocks of 46
		at := time.Now().Add(-time.Minute)
		var want []string
		for i := range 500 {
			o, caller := []audit.Outcome{audit.Passed, audit.Refused, audit.Failed}[i%3], []string{ann, audit.Anonymous}[i%2]
			id := fmt.Sprintf("%03d", i)
			n.log.Write(record(id, at.Add(time.Duration(i/4)*time.Millisecond), o, caller)) // four at a time
			want = append(want, id)
			if i%70 == 0 {
				if err := n.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, limit := range []int{1000, 37, 1} {
			var got []string
			last := time.Time{}
			for after := ""; ; {
				p, err := n.Search(t.Context(), journal.Query{}, limit, after)
				if err != nil || len(p.Reports) > limit {
					t.Fatalf("%d found, %v", len(p.Reports), err)
				}
				for _, r := range p.Reports {
					if !last.IsZero() && r.At.After(last) {
						t.Fatalf("%s of %v comes after %v", r.RequestID, r.At, last)
					}
					last = r.At
				}
				got = append(got, ids(p.Reports)...)
				if after = p.Next; after == "" {
					break
				}
				n.log.Write(record("new", time.Now(), audit.Passed, ann)) // comes before what is shown: does not move it
			}
			got = slices.DeleteFunc(got, func(id string) bool { return id == "new" })
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("in pages of %d, %d are found: %v", limit, len(got), got)
			}
		}
		for _, after := range []string{"x", "1.2", "..", "1.2.'; drop table", strings.Repeat("1", 200) + ".0.a", "1.x.a"} {
			if _, err := n.Search(t.Context(), journal.Query{}, 10, after); !errors.Is(err, journal.ErrAfter) {
				t.Errorf("%q is taken for a place: %v", after, err)
			}
		}
	})
}

func TestASearchOfMuchGoesOnInParts(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	n := open(t, db, journal.Limits{Number: 3000, For: time.Hour}, new(clock.Clock)) // blocks of 46
	n.ScanForTest(1)
	at := time.Now().Add(-time.Minute)
	for i := range 700 {
		r := record(fmt.Sprintf("%03d", i), at.Add(time.Duration(i/10)*time.Millisecond), audit.Outcome(i%3), []string{ann, audit.Anonymous}[i%2])
		if i%100 == 0 {
			r.API = "rare"
		}
		n.log.Write(r)
	}
	for api, want := range map[string]string{"none": "", "rare": "600 500 400 300 200 100 000"} {
		var got []string
		parts := 0
		for after := ""; parts == 0 || after != ""; parts++ {
			p, err := n.Search(t.Context(), journal.Query{API: api}, 10, after)
			if err != nil || parts > 1000 {
				t.Fatalf("part %d: %+v, %v", parts, p, err)
			}
			got = append(got, ids(p.Reports)...)
			after = p.Next
		}
		if strings.Join(got, " ") != want || parts < 5 {
			t.Errorf("%s: in %d parts are found %v", api, parts, got)
		}
	}
}

func TestAnEndKeepsAll(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := store.Options{File: filepath.Join(folder, "a.db")}
	first := database(t, file)
	n := open(t, first, usual, new(clock.Clock))
	denied := record("11111111-1111", time.Now(), audit.Refused, ann)
	n.log.Write(denied)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	first.Close()
	n = open(t, database(t, file), usual, new(clock.Clock))
	n.log.Write(record("22222222", time.Now(), audit.Passed, ann))
	if got := search(t, n, journal.Query{}, 10); !slices.Equal(got, []string{"22222222", "11111111-1111"}) {
		t.Errorf("found %v", got)
	}
	for id, want := range map[string]int{"11111111-1111": 1, "11111111": 1, "1111111": 0, "11111111-1112": 0, "": 0, "11111111-1111-": 0} {
		if list, err := n.Find(t.Context(), id); err != nil || len(list) != want {
			t.Errorf("%q finds %v, %v", id, list, err)
		}
	}
}

func TestNodesFindEachOthers(t *testing.T) {
	address := storetest.Postgres(t)
	one := open(t, database(t, store.Options{Postgres: address}), usual, new(clock.Clock))
	two := open(t, database(t, store.Options{Postgres: address}), usual, new(clock.Clock))
	now := time.Now()
	for i := range 20 {
		n := []node{one, two}[i%2]
		n.log.Write(record(fmt.Sprintf("%08d", i), now.Add(time.Duration(i)*time.Millisecond), audit.Passed, ann))
	}
	if err := one.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := search(t, two, journal.Query{}, 100)
	if len(got) != 20 || got[0] != "00000019" || !slices.IsSortedFunc(got, func(a, b string) int { return -strings.Compare(a, b) }) {
		t.Errorf("found %v", got)
	}
	if list, err := two.Find(t.Context(), "00000004"); err != nil || len(list) != 1 {
		t.Errorf("found %v, %v", list, err)
	}
}

func TestARequestIsFoundWithWhatItDidOnItsWay(t *testing.T) {
	n := open(t, database(t, store.Options{Memory: true}), usual, new(clock.Clock))
	now := time.Now()
	inner := record("11111111-1111", now.Add(2*time.Second), audit.Refused, ann)
	inner.Plane, inner.Operation = audit.PlaneProgram, "inner"
	n.log.Write(inner)
	n.log.Write(record("11111111-1111", now, audit.Passed, ann))
	list, err := n.Find(t.Context(), "11111111-1111")
	report, ok := audit.Together(list)
	if err != nil || !ok || report.Plane != audit.PlaneData || len(report.Within) != 1 || report.Within[0].Operation != "inner" {
		t.Errorf("found %+v, %v", report, err)
	}
}

func TestForgetLeavesNothing(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	n := open(t, db, usual, new(clock.Clock))
	n.log.Write(record("written", time.Now(), audit.Passed, ann))
	if err := n.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.log.Write(record("waiting", time.Now(), audit.Passed, ann))
	if err := n.Forget(func() error { return db.Empty(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	n.log.Write(record("after", time.Now(), audit.Passed, ann))
	if got := search(t, n, journal.Query{}, 10); !slices.Equal(got, []string{"after"}) {
		t.Errorf("found %v", got)
	}
}

func TestAJournalOfNothingKeepsNothing(t *testing.T) {
	for _, l := range []journal.Limits{{}, {Number: 10}, {For: time.Hour}} {
		db := database(t, store.Options{Memory: true})
		n := open(t, db, l, new(clock.Clock))
		n.log.Write(record("11111111", time.Now(), audit.Passed, ann))
		if got := search(t, n, journal.Query{}, 10); len(got) > 0 || n.Keeps() {
			t.Errorf("%+v: found %v", l, got)
		}
		if rows, _, _, err := journal.Size(t.Context(), db); rows != 0 || err != nil {
			t.Errorf("%+v: %d rows, %v", l, rows, err)
		}
	}
}

func TestBlocksOfAnotherVersionArePassedOver(t *testing.T) {
	db := database(t, store.Options{Memory: true})
	n := open(t, db, usual, new(clock.Clock))
	n.log.Write(record("11111111", time.Now(), audit.Passed, ann))
	if err := errors.Join(n.Flush(t.Context()), journal.SpoilForTest(t.Context(), db, 99)); err != nil {
		t.Fatal(err)
	}
	if got := search(t, n, journal.Query{}, 10); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

func TestFollowersGetEachRecordOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		one, two := open(t, db, usual, new(clock.Clock)), open(t, db, usual, new(clock.Clock))
		for i := range 5 {
			one.log.Write(record(fmt.Sprint("old", i), time.Now(), audit.Refused, ann))
		}
		if err := one.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		var got []string
		var mu sync.Mutex
		has := func(n int) bool { mu.Lock(); defer mu.Unlock(); return len(got) >= n }
		ended := make(chan error, 1)
		go func() {
			ended <- two.Follow(ctx, journal.Query{Outcome: "refused"}, 2, func(list []audit.Report) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, ids(list)...)
				return nil
			})
		}()
		wait(t, "the backlog", func() bool { return has(2) })
		for i := range 50 { // an early one came late, and some pass
			one.log.Write(record(fmt.Sprint("one", i), time.Now().Add(-5*time.Minute), audit.Refused, ann))
			two.log.Write(record(fmt.Sprint("two", i), time.Now(), audit.Refused, audit.Anonymous))
			two.log.Write(record("good", time.Now(), audit.Passed, ann))
			if i%10 == 0 {
				wait(t, "what came", func() bool { return has(2 + 2*i) })
			}
		}
		wait(t, "all", func() bool { return has(102) })
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		if !slices.Equal(got[:2], []string{"old3", "old4"}) {
			t.Errorf("the backlog is %v", got[:2])
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 102 {
			t.Errorf("%d came: %v", len(got), got)
		}
	})
}

func wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestStatuses(t *testing.T) {
	for text, want := range map[string]journal.Statuses{"": {}, "403": {403, 403}, "4xx": {400, 499}, "5XX": {500, 599}} {
		if got, err := journal.ParseStatuses(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"4", "40", "4000", "099", "600", "xxx", "0xx", "6xx", "-12", "+12", "4x4"} {
		if got, err := journal.ParseStatuses(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
