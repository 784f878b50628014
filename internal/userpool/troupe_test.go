package userpool_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// troupe are functions that play what a test gave them, by ARN, in the place of
// processes. Each is told the event and answers with what it returns.
type troupe struct {
	mu     sync.Mutex
	parts  map[string]part
	events []event
}

type part func(e event) (answer any, err error)

// event is what a function was told, as its runtime would decode it.
type event map[string]any

func (e event) source() string { return e["triggerSource"].(string) }
func (e event) request() map[string]any {
	return e["request"].(map[string]any)
}
func (e event) attributes() map[string]any { return e.request()["userAttributes"].(map[string]any) }

// respond is the event with members set in its response.
func (e event) respond(members map[string]any) event {
	back := maps.Clone(e)
	response := maps.Clone(e["response"].(map[string]any))
	maps.Copy(response, members)
	back["response"] = response
	return back
}

// thrown is an error that the function throws; any other error is one of invoking it.
type thrown string

func (t thrown) Error() string { return string(t) }

const functionPrefix = "arn:aws:lambda:" + region + ":" + account + ":function:"

// plays sets what a function does, and returns its ARN.
func (t *troupe) plays(name string, p part) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.parts == nil {
		t.parts = map[string]part{}
	}
	t.parts[functionPrefix+name] = p
	return functionPrefix + name
}

func (t *troupe) Invoke(ctx context.Context, i trigger.Invocation) ([]byte, bool, error) {
	var e event
	if err := json.Unmarshal(i.Payload, &e); err != nil {
		return nil, false, err
	}
	t.mu.Lock()
	p := t.parts[i.FunctionARN]
	t.events = append(t.events, e)
	t.mu.Unlock()
	if p == nil {
		return nil, false, trigger.ErrNoFunction
	}
	type outcome struct {
		answer any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		answer, err := p(e)
		done <- outcome{answer, err}
	}()
	select {
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case o := <-done:
		if said, ok := errors.AsType[thrown](o.err); ok {
			document, err := json.Marshal(map[string]string{"errorMessage": string(said), "errorType": "Error"})
			return document, true, err
		}
		if o.err != nil {
			return nil, false, o.err
		}
		if text, ok := o.answer.(string); ok {
			return []byte(text), false, nil
		}
		answer, err := json.Marshal(o.answer)
		return answer, false, err
	}
}

// told are the events of a source so far.
func (t *troupe) told(source string) (list []event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		if e.source() == source {
			list = append(list, e)
		}
	}
	return list
}

// only is the one event of a source.
func (t *troupe) only(tb testing.TB, source string) event {
	tb.Helper()
	list := t.told(source)
	if len(list) != 1 {
		tb.Fatalf("%d events %s, want one", len(list), source)
	}
	return list[0]
}
