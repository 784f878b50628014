package audit_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestARecordThatNobodyFinishedReadsAsRefused(t *testing.T) {
	var r audit.Record
	if r.Outcome != audit.Refused || r.Outcome.String() != "refused" {
		t.Errorf("the zero outcome is %v", r.Outcome)
	}
}

func TestALongRecordKeepsTheStepThatDecided(t *testing.T) {
	r := audit.Record{At: noon}
	for i := range 100 {
		r.Note(fmt.Sprint("step", i), audit.Passed, "", noon.Add(time.Duration(i)))
	}
	r.Note("authorise", audit.Refused, "no statement allows it", noon)
	steps := r.Steps()
	if last := steps[len(steps)-1]; last.Name != "authorise" {
		t.Errorf("the last of %d steps is %q", len(steps), last.Name)
	}
	if got := r.Why(); got != "authorise: no statement allows it" {
		t.Errorf("why is %q", got)
	}
}

func TestNotingOnNoRecordIsHarmless(t *testing.T) {
	var r *audit.Record
	r.Note("x", audit.Passed, "", noon)
}

func TestALogLineTellsWhyButOnlyOfWhatWentWrong(t *testing.T) {
	var out bytes.Buffer
	l := audit.NewLog(slog.New(slog.NewTextHandler(&out, nil)), 3)
	good := audit.Record{ID: "good", Outcome: audit.Passed}
	bad := audit.Record{ID: "bad", Status: 401, At: noon}
	bad.Note("token", audit.Refused, "expired", noon)
	l.Write(&good)
	l.Write(&bad)
	got := out.String()
	if strings.Contains(got, "good") || !strings.Contains(got, "requestId=bad") || !strings.Contains(got, `why="token: expired"`) {
		t.Errorf("log is %s", got)
	}
}
