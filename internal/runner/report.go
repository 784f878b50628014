package runner

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The lines and documents below are AWS's texts as its documentation and the
// field show them.

const (
	unhandled   = "Unhandled"
	taskTimeout = "Sandbox.Timedout"
	exitType    = "Runtime.ExitError"
)

// document is an error document in AWS's order of members.
func document(kind, text string) []byte {
	b, err := json.Marshal(struct {
		Kind string `json:"errorType"`
		Text string `json:"errorMessage"`
	}{kind, text})
	if err != nil { // two strings always marshal
		return []byte(`{"errorType":"Runtime.Unknown"}`)
	}
	return b
}

// exitError is the error of a process that ended by itself, or was killed for its memory.
func exitError(exit string) (kind, text string) {
	if exit == "" {
		return exitType, "Runtime exited without providing a reason"
	}
	return exitType, "Runtime exited with error: " + exit
}

func timedOut(f *Function) string {
	return fmt.Sprintf("Task timed out after %.2f seconds", f.timeout().Seconds())
}

// conclude makes the Result of an event, and closes its log.
func (p *process) conclude(e *Event, a answer) Result {
	p.mu.Lock()
	took := time.Since(p.eventAt)
	first := p.served == 1
	p.mu.Unlock()
	r := Result{Payload: a.payload, Cold: first, Took: took}
	failure := reportLine{took: took, memory: p.function.memoryMB(), peak: p.peak.Load()}
	if first {
		failure.init = p.initTook
	}
	switch {
	case a.ended && cause(p.ended.Load()) == causeTime:
		text := timedOut(p.function)
		r.FunctionError = unhandled
		r.Payload = document(taskTimeout, "RequestId: "+e.RequestID+" Error: "+text)
		failure.status = "timeout"
		failure.before = time.Now().UTC().Format("2006-01-02T15:04:05.000Z") + " " + e.RequestID + " " + text + "\n"
	case a.ended:
		kind, text := exitError(p.exit)
		r.FunctionError = unhandled
		r.Payload = document(kind, "RequestId: "+e.RequestID+" Error: "+text)
		failure.status, failure.kind = "error", kind
		failure.before = "RequestId: " + e.RequestID + " Error: " + text + "\n" + kind + "\n" + hintFor(p.output.takeTail())
	case a.tooLarge:
		r.FunctionError = unhandled
		r.Payload = document("Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size ("+strconv.Itoa(MaxPayload)+" bytes).")
		failure.status, failure.kind = "error", "Function.ResponseSizeTooLarge"
	case a.failed:
		r.FunctionError = unhandled
		failure.before = hintFor(a.payload)
	}
	r.Log = p.output.end(e.RequestID, failure)
	return r
}

// result is what the event gets whose process never came to be.
func (s *startFailure) result(f *Function, e *Event) Result {
	r := Result{FunctionError: unhandled, Cold: true, Took: s.took}
	line := reportLine{took: s.took, memory: f.memoryMB(), peak: s.peak, status: "error", kind: s.kind}
	switch {
	case s.timeout:
		r.Payload = document(taskTimeout, "RequestId: "+e.RequestID+" Error: "+timedOut(f))
		line.status, line.kind = "timeout", ""
	case s.document != nil:
		r.Payload = s.document
	default:
		r.Payload = document(s.kind, "RequestId: "+e.RequestID+" Error: "+s.text)
	}
	log := append([]byte(nil), s.log...)
	log = fmt.Appendf(log, "START RequestId: %s Version: %s\n", e.RequestID, f.Version)
	log = line.append(log, e.RequestID)
	r.Log = lastOf(log, tailSize)
	return r
}

// operator is the failure in words for the log.
func (s *startFailure) operator() string { return s.kind + ": " + s.text }

// reportLine is what END and REPORT say.
type reportLine struct {
	took, init   time.Duration
	memory       int
	peak         int64
	status, kind string
	before       string // lines that come first
}

func (l *reportLine) append(b []byte, id string) []byte {
	b = append(b, l.before...)
	b = append(append(append(b, "END RequestId: "...), id...), "\nREPORT RequestId: "...)
	b = append(append(b, id...), "\tDuration: "...)
	b = appendMillis(b, l.took)
	b = append(b, " ms\tBilled Duration: "...)
	b = strconv.AppendInt(b, int64(math.Ceil(float64(l.took+l.init)/float64(time.Millisecond))), 10)
	b = append(b, " ms\tMemory Size: "...)
	b = strconv.AppendInt(b, int64(l.memory), 10)
	b = append(b, " MB\tMax Memory Used: "...)
	b = strconv.AppendInt(b, (l.peak+1<<20-1)>>20, 10)
	b = append(b, " MB\t"...)
	if l.init > 0 {
		b = append(b, "Init Duration: "...)
		b = appendMillis(b, l.init)
		b = append(b, " ms\t"...)
	}
	if l.status != "" {
		b = append(append(append(b, "Status: "...), l.status...), '\t')
		if l.kind != "" {
			b = append(append(append(b, "Error Type: "...), l.kind...), '\t')
		}
	}
	return append(b, '\n')
}

func appendMillis(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 2, 64)
}

// logStream names a log stream as AWS does, one for each process.
func logStream(version, temp string, at time.Time) string {
	name := strings.TrimPrefix(filepath.Base(temp), "fn-")
	return at.UTC().Format("2006/01/02") + "/[" + version + "]" + name
}
