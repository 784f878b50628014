package audit_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

const ann = "arn:aws:iam::000000000000:user/ann"

func newLog(keep int) *audit.Log { return audit.NewLog(slog.New(slog.DiscardHandler), keep) }

func found(l *audit.Log, id string) bool { return len(l.Find(id)) > 0 }

func refusal(id, caller string) *audit.Record {
	r := &audit.Record{ID: id, At: noon, Plane: audit.PlaneControl, Source: "192.0.2.1", UserAgent: "aws-cli/2", Service: "iam", Operation: "GetUser", Region: "us-east-1",
		Resource: "arn:aws:iam::000000000000:user/bob", Caller: caller, Status: 403, Took: time.Millisecond}
	r.Note("signature", audit.Passed, "AKIAIOSFODNN7EXAMPLE", noon.Add(time.Microsecond))
	r.Note("authorise", audit.Refused, "no statement allows it", noon.Add(2*time.Microsecond))
	return r
}

// denied gives a refusal the statements of a real evaluation.
func denied(r *audit.Record, statements int) *audit.Record {
	list := []string{`{"Sid":"Own","Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/ann"}`}
	for i := range statements - 1 {
		list = append(list, fmt.Sprintf(`{"Sid":"S%d","Effect":"Allow","Action":"s3:Get%d","Resource":"*"}`, i, i))
	}
	p := policy.MustParse(policy.Managed, `{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`)
	_, trace := policy.Explain(&policy.Request{
		Principal: policy.Principal{Caller: policy.User, ARN: r.Caller, Account: "000000000000"}, Action: "iam:GetUser", Resource: r.Resource,
	}, &policy.Set{Identity: []policy.Attached{{Name: "readers", Policy: p}}})
	r.Denied = &audit.Denied{Principal: r.Caller, Action: "iam:GetUser", Resource: r.Resource, Trace: trace}
	return r
}

func TestWhatIsFoundIsWhatWasWritten(t *testing.T) {
	l := newLog(8)
	r := denied(refusal("r1", ann), 1)
	l.Write(r)
	trace := r.Denied.Trace
	*r = audit.Record{ID: "another"} // the next request has it
	trace.Steps[0].Detail = "overwritten"

	report, ok := audit.NewReport(l.Find("r1"))
	if !ok {
		t.Fatal("it is not found")
	}
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"requestId":"r1","time":"2026-01-02T12:00:00Z","plane":"control","outcome":"refused","status":403,"tookMicroseconds":1000,` +
		`"caller":"` + ann + `","source":"192.0.2.1","userAgent":"aws-cli/2","service":"iam","operation":"GetUser","region":"us-east-1",` +
		`"resource":"arn:aws:iam::000000000000:user/bob","api":"","stage":"","route":"","authorizer":"","reason":"authorise: no statement allows it",` +
		`"steps":[{"name":"signature","outcome":"passed","detail":"AKIAIOSFODNN7EXAMPLE","afterMicroseconds":1},` +
		`{"name":"authorise","outcome":"refused","detail":"no statement allows it","afterMicroseconds":2}],` +
		`"policies":{"principal":"` + ann + `","action":"iam:GetUser","resource":"arn:aws:iam::000000000000:user/bob","decision":"ImplicitDeny","layer":"identity-based policy",` +
		`"statements":[{"layer":"identity-based policy","level":0,"policy":"readers","statement":0,"sid":"Own","effect":"Allow","applies":false,"decided":false,"clause":"Resource",` +
		`"detail":"\"arn:aws:iam::000000000000:user/bob\" is none of \"arn:aws:iam::*:user/ann\""}],"left":0,"forgotten":false}}`
	if string(got) != want {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
}

func TestTheNewestOfEachKindAreFound(t *testing.T) {
	l := newLog(8) // two that passed, two of strangers, four of callers
	for i := range 6 {
		l.Write(&audit.Record{ID: fmt.Sprint("passed", i), At: noon, Outcome: audit.Passed, Caller: ann})
		l.Write(refusal(fmt.Sprint("stranger", i), audit.Anonymous))
		l.Write(refusal(fmt.Sprint("caller", i), ann))
	}
	for name, oldest := range map[string]int{"passed": 4, "stranger": 4, "caller": 2} {
		for i := range 6 {
			if got := found(l, fmt.Sprint(name, i)); got != (i >= oldest) {
				t.Errorf("%s %d: found %v", name, i, got)
			}
		}
	}
	l.Clear()
	if found(l, "caller5") {
		t.Error("a record outlived Clear")
	}
	l.Write(refusal("again", ann))
	if !found(l, "again") || found(l, "") {
		t.Error("after Clear it does not keep what is written, or finds what was not")
	}
}

func TestStrangersPushOutNobodyElse(t *testing.T) {
	l := newLog(64)
	l.Write(denied(refusal("the one that matters", ann), 20))
	for i := range 10_000 {
		l.Write(denied(refusal(fmt.Sprint(i), audit.Anonymous), 3))
		l.Write(&audit.Record{ID: fmt.Sprint("open", i), At: noon, Outcome: audit.Passed})
	}
	r := l.Find("the one that matters")
	if len(r) != 1 || r[0].Denied == nil || len(r[0].Denied.Trace.Steps) != 20 {
		t.Errorf("after a flood: %+v", r)
	}
}

func TestARequestComesBeforeWhatTheProgramAskedOnItsWay(t *testing.T) {
	l := newLog(16)
	inner := func(operation string, o audit.Outcome) {
		l.Write(&audit.Record{ID: "r", At: noon, Plane: audit.PlaneProgram, Operation: operation, Outcome: o})
	}
	inner("first", audit.Passed)
	inner("second", audit.Refused)
	l.Write(&audit.Record{ID: "r", At: noon, Plane: audit.PlaneControl, Operation: "outer", Caller: ann})
	inner("third", audit.Passed)
	report, _ := audit.NewReport(l.Find("r"))
	got := []string{report.Operation}
	for _, w := range report.Within {
		got = append(got, w.Operation)
	}
	if fmt.Sprint(got) != "[outer first second third]" {
		t.Errorf("in order: %v", got)
	}
}

// What of a request is longer than anybody reads is cut, and the step that
// decided has room whatever the steps before it said.
func TestLongTextsAreClipped(t *testing.T) {
	long := strings.Repeat("ä", 50_000)
	l := newLog(4)
	r := &audit.Record{ID: "r", At: noon, Plane: long, Source: long, UserAgent: long, Service: long, Operation: long, Region: long, Resource: long, Caller: long,
		API: long, Stage: long, Route: long, Authorizer: long}
	for range 20 {
		r.Note(long, audit.Passed, long, noon)
	}
	r.Note("authorise", audit.Refused, "because "+long, noon)
	l.Write(r)
	list := l.Find("r")
	if len(list) != 1 {
		t.Fatal("it is not found")
	}
	got := &list[0]
	size := 0
	for _, text := range []string{got.Plane, got.Source, got.UserAgent, got.Service, got.Operation, got.Region, got.Resource, got.Caller, got.API, got.Stage, got.Route, got.Authorizer} {
		size += len(text)
		if !strings.HasSuffix(text, "…") || !utf8.ValidString(text) {
			t.Errorf("clipped: %q", text)
		}
	}
	for _, s := range got.Steps() {
		size += len(s.Name) + len(s.Detail)
	}
	if size > 2304 {
		t.Errorf("%d bytes are kept", size)
	}
	if why := got.Why(); !strings.HasPrefix(why, "authorise: because ä") || len(why) < 400 {
		t.Errorf("why: %q", why)
	}
}

func TestOfManyStatementsThoseThatTellMostAreKept(t *testing.T) {
	l := newLog(8)
	r := denied(refusal("r", ann), 1000)
	steps := r.Denied.Trace.Steps
	steps[0], steps[700] = steps[700], steps[0] // the one whose action fits comes late
	deny := policy.Step{Layer: policy.LayerSession, Policy: "last", Sid: "No", Effect: policy.Deny, Applies: true}
	r.Denied.Trace.Steps = append(steps, deny)
	l.Write(r)
	got := l.Find("r")[0].Denied
	kept := got.Trace.Steps
	if len(kept)+got.Left != 1001 || got.Left < 500 || len(kept) < 50 {
		t.Errorf("%d are kept, %d are left", len(kept), got.Left)
	}
	var own bool
	for _, s := range kept {
		own = own || s.Sid == "Own"
	}
	if kept[len(kept)-1] != deny || !own {
		t.Errorf("kept are %+v", kept)
	}
}

// However large requests and policies are, what is kept stays within a few MB.
func TestAFloodDoesNotGrowMemory(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	trace := denied(refusal("", ann), 200).Denied.Trace
	before := heap()
	l := newLog(4096)
	for i := range 20_000 {
		body := strings.Repeat("x", 60<<10) // a new one each, of which every text is a part
		r := &audit.Record{ID: fmt.Sprint(i), At: noon, UserAgent: body, Operation: body[:20], Resource: body, Caller: []string{ann, audit.Anonymous}[i%2]}
		r.Note("route", audit.Passed, body, noon)
		r.Note("authorise", audit.Refused, body, noon)
		r.Denied = &audit.Denied{Principal: body[:30], Action: body, Resource: body, Trace: trace}
		l.Write(r)
	}
	if grown := int64(heap()) - int64(before); grown > 12<<20 {
		t.Errorf("%d KiB are kept", grown>>10)
	} else {
		t.Logf("%d KiB are kept", grown>>10)
	}
	list := l.Find("19998")
	if len(list) != 1 || list[0].Denied == nil || list[0].Denied.Trace == nil {
		t.Error("the newest has no statements")
	}
	old := l.Find(fmt.Sprint(19998 - 2*1500))
	if len(old) != 1 || old[0].Denied == nil || old[0].Denied.Trace != nil {
		t.Error("an old one does not say that its statements are gone")
	}
	if report, _ := audit.NewReport(old); report.Policies == nil || !report.Policies.Forgotten {
		t.Errorf("its report says %+v", report.Policies)
	}
	runtime.KeepAlive(l)
}

func TestManyWritersAndReadersAtOnce(t *testing.T) {
	l := newLog(64)
	shared := denied(refusal("", ann), 30).Denied
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			var r audit.Record
			for i := range 500 {
				r = *refusal(fmt.Sprint(g, "-", i), []string{ann, audit.Anonymous}[i%2])
				r.Denied = shared
				l.Write(&r)
				if list := l.Find(r.ID); len(list) > 0 {
					if report, _ := audit.NewReport(list); report.Caller != r.Caller || len(report.Policies.Statements) != 30 {
						t.Errorf("it reads %+v", report)
					}
				}
				if g == 0 && i%100 == 0 {
					l.Clear()
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkWrite(b *testing.B) {
	for name, r := range map[string]*audit.Record{
		"passed":  {ID: "0b8f4c1e-5f0e-4a53-9d0c-0f6c5c9a1b2c", At: noon, Plane: audit.PlaneData, Source: "192.0.2.1", UserAgent: "curl/8", Service: "execute-api", Operation: "GET /menu", Outcome: audit.Passed},
		"refused": refusal("0b8f4c1e-5f0e-4a53-9d0c-0f6c5c9a1b2c", ann),
		"denied":  denied(refusal("0b8f4c1e-5f0e-4a53-9d0c-0f6c5c9a1b2c", ann), 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l := newLog(4096)
			for range 4096 {
				l.Write(r)
			}
			for b.Loop() {
				l.Write(r)
			}
		})
	}
}
