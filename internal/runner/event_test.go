package runner_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

func TestWhatAFunctionLearnsOfItsEvent(t *testing.T) {
	r := open(t, nil)
	e := event(`{"do":"who"}`)
	e.TraceID = "Root=1-5759e988-bd862e3fe1be46a994272793"
	e.ClientContext = "{\"custom\":\n{\"k\":\"v\"}}" // a line end must not become a header
	e.Identity = `{"cognitoIdentityId":"us-east-1:1"}`
	res, err := r.Invoke(context.Background(), function("who"), e)
	if err != nil {
		t.Fatal(err)
	}
	w := answerOf[who](t, res)
	if w.Context.AwsRequestID != e.RequestID || w.Context.InvokedFunctionArn != e.ARN || w.Trace != e.TraceID ||
		w.Context.ClientContext.Custom["k"] != "v" || w.Context.Identity.CognitoIdentityID != "us-east-1:1" {
		t.Errorf("%+v", w)
	}
	if w.Left <= 10_000 || w.Left > 20_000 {
		t.Errorf("%d ms left of 20 s", w.Left)
	}
}

func TestTheLogOfAnEvent(t *testing.T) {
	var mu sync.Mutex
	var got []string
	r := open(t, func(c *runner.Config) {
		c.Log = func(f *runner.Function, id string, line []byte) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, id+"|"+string(line))
		}
	})
	f := function("log")
	ask(t, r, f, `{"do":"print","value":"before"}`)
	e := event(`{"do":"print","value":"hello"}`)
	res, err := r.Invoke(context.Background(), f, e)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(res.Log), "\n")
	if len(lines) != 6 || lines[0] != "START RequestId: "+e.RequestID+" Version: $LATEST" || lines[1] != "hello" || lines[2] != "hello on stderr" ||
		lines[3] != "END RequestId: "+e.RequestID || !strings.HasPrefix(lines[4], "REPORT RequestId: "+e.RequestID+"\tDuration: ") ||
		!strings.Contains(lines[4], " ms\tMemory Size: 256 MB\tMax Memory Used: ") {
		t.Errorf("log:\n%s", res.Log)
	}
	eventually(t, "five lines at the sink", func() bool {
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, l := range got {
			if strings.HasPrefix(l, e.RequestID+"|") {
				n++
			}
		}
		return n == 5
	})
}

func TestOutputIsBounded(t *testing.T) {
	r := open(t, func(c *runner.Config) {
		c.Log = func(*runner.Function, string, []byte) { time.Sleep(time.Millisecond) } // a slow sink
	})
	f := function("flood")
	res := ask(t, r, f, `{"do":"flood","n":200000}`) // 20 MB
	if res.FunctionError != "" || len(res.Log) != 4096 || !strings.Contains(string(res.Log), "REPORT RequestId") {
		t.Errorf("%s %s: %d bytes of log", res.FunctionError, res.Payload, len(res.Log))
	}
}
