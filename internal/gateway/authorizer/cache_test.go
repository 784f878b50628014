package authorizer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/authorizer"
)

// caller counts the calls of a function that says who was asked for.
type caller struct{ calls atomic.Int32 }

func (c *caller) saying(t testing.TB, who string) func() (*authorizer.Answer, error) {
	return func() (*authorizer.Answer, error) {
		c.calls.Add(1)
		return authorizer.Read(authorizer.REST, "staff", []byte(strings.Replace(answering(statement("Allow", "*", "*")), "ann", who, 1)))
	}
}

func newCache(c *clock.Clock) *authorizer.Cache {
	return authorizer.NewCache(authorizer.Config{Clock: c, Random: rand.Reader})
}

func who(t testing.TB, s *authorizer.Scope, call func() (*authorizer.Answer, error), values ...string) string {
	t.Helper()
	a, _, err := s.Answer(t.Context(), s.Key(values...), call)
	if err != nil {
		t.Fatal(err)
	}
	return a.Principal
}

func TestAnAnswerIsRememberedForItsTime(t *testing.T) {
	now, fn := new(clock.Clock), &caller{}
	s := newCache(now).Open(5 * time.Minute)
	who(t, s, fn.saying(t, "ann"), "t1")
	now.Advance(4 * time.Minute)
	if got := who(t, s, fn.saying(t, "bob"), "t1"); got != "ann" || fn.calls.Load() != 1 {
		t.Errorf("after 4 minutes: %s, %d calls", got, fn.calls.Load())
	}
	now.Advance(time.Minute)
	if got := who(t, s, fn.saying(t, "bob"), "t1"); got != "bob" || fn.calls.Load() != 2 {
		t.Errorf("after 5 minutes: %s, %d calls", got, fn.calls.Load())
	}
}

func TestWithoutATimeToLiveEachRequestCalls(t *testing.T) {
	fn := &caller{}
	s := newCache(new(clock.Clock)).Open(0)
	for i := range 3 {
		if got := who(t, s, fn.saying(t, fmt.Sprint(i)), "t1"); got != fmt.Sprint(i) {
			t.Errorf("request %d got the answer to %s", i, got)
		}
	}
}

func TestNoAnswerServesAnotherIdentityOrScope(t *testing.T) {
	cache, fn := newCache(new(clock.Clock)), &caller{}
	one, other := cache.Open(time.Hour), cache.Open(time.Hour)
	lists := [][]string{{"a,b", "c"}, {"a", "b,c"}, {"a", "b", "c"}, {"abc"}, {"a", "bc"}, {"", "abc"}, {"abc", ""}, {"A", "bc"}, {"c", "a,b"}, {}, {""}, {"\x00"}, {strings.Repeat("x", 5000)}, {strings.Repeat("x", 5001)}}
	for i, values := range lists {
		for j, s := range []*authorizer.Scope{one, other} {
			name := fmt.Sprintf("%d/%d", i, j)
			if got := who(t, s, fn.saying(t, name), values...); got != name {
				t.Errorf("%q got the answer to %s", values, got)
			}
		}
	}
	for i, values := range lists { // and each finds its own again
		if got := who(t, one, fn.saying(t, "new"), values...); got != fmt.Sprintf("%d/0", i) {
			t.Errorf("%q found %s", values, got)
		}
	}
	if here, there := newCache(new(clock.Clock)).Open(time.Hour), newCache(new(clock.Clock)).Open(time.Hour); here.Key("a") == there.Key("a") {
		t.Error("two servers hash alike: a key tells what token it is")
	}
}

func TestANewScopeFindsNothingOfTheOld(t *testing.T) {
	cache, fn := newCache(new(clock.Clock)), &caller{}
	before := cache.Open(time.Hour)
	who(t, before, fn.saying(t, "ann"), "t1")
	after := cache.Open(time.Hour)
	if got := who(t, after, fn.saying(t, "bob"), "t1"); got != "bob" {
		t.Errorf("after the flush: %s", got)
	}
}

func TestOneCallInFlightForAllWhoWait(t *testing.T) {
	s := newCache(new(clock.Clock)).Open(time.Hour)
	var calls atomic.Int32
	begun, finish := make(chan struct{}), make(chan struct{})
	call := func() (*authorizer.Answer, error) {
		calls.Add(1)
		close(begun)
		<-finish
		return authorizer.Read(authorizer.Simple, "staff", []byte(`{"isAuthorized":true}`))
	}
	var all sync.WaitGroup
	ask := func(ctx context.Context) {
		all.Go(func() {
			if a, _, err := s.Answer(ctx, s.Key("t1"), call); a == nil || err != nil {
				t.Errorf("%v, %v", a, err)
			}
		})
	}
	// Whoever began it leaves: the call goes on for those who joined.
	leaving, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, _, err := s.Answer(leaving, s.Key("t1"), call)
		gone <- err
	}()
	<-begun
	for range 10 {
		ask(t.Context())
	}
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(finish)
	all.Wait()
	ask(t.Context())
	all.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestAFailureIsForgotten(t *testing.T) {
	s, fn := newCache(new(clock.Clock)).Open(time.Hour), &caller{}
	for name, bad := range map[string]func() (*authorizer.Answer, error){
		"refused": func() (*authorizer.Answer, error) { return nil, &authorizer.Failure{Kind: authorizer.Unauthorized} },
		"empty":   func() (*authorizer.Answer, error) { return nil, nil },
		"panics":  func() (*authorizer.Answer, error) { panic("token") },
	} {
		var failure *authorizer.Failure
		if a, _, err := s.Answer(t.Context(), s.Key(name), bad); a != nil || !errors.As(err, &failure) || strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v, %v", name, a, err)
		}
		if got := who(t, s, fn.saying(t, "ann"), name); got != "ann" {
			t.Errorf("%s is remembered", name)
		}
	}
}

func TestMemoryIsBoundedAndTheLeastUsedGoesFirst(t *testing.T) {
	fn := &caller{}
	cache := authorizer.NewCache(authorizer.Config{Clock: new(clock.Clock), Random: rand.Reader, Entries: 160})
	s := cache.Open(time.Hour)
	for i := range 5000 {
		who(t, s, fn.saying(t, "stranger"), fmt.Sprint(i))
		who(t, s, fn.saying(t, "ann"), "busy")
	}
	if n := fn.calls.Load(); n != 5001 {
		t.Errorf("%d calls: whoever is used at all times was forgotten", n)
	}
	before := fn.calls.Load()
	for i := range 5000 {
		who(t, s, fn.saying(t, "stranger"), fmt.Sprint(i))
	}
	if kept := 5000 - (fn.calls.Load() - before); kept > 160 {
		t.Errorf("%d answers were kept of at most 160", kept)
	}
	// An answer over the bound of bytes is used and not kept.
	small := authorizer.NewCache(authorizer.Config{Clock: new(clock.Clock), Random: rand.Reader, Bytes: 16 * 1024}).Open(time.Hour)
	before = fn.calls.Load()
	for range 2 {
		who(t, small, fn.saying(t, strings.Repeat("a", 1000)), "t1")
	}
	if n := fn.calls.Load() - before; n != 2 {
		t.Errorf("%d calls: an answer larger than its share was kept", n)
	}
}

// A hit allocates nothing, and a decision one question to the engine.
func TestAHitAllocatesNextToNothing(t *testing.T) {
	s, fn := newCache(new(clock.Clock)).Open(time.Hour), &caller{}
	token, q := strings.Repeat("t", 900), ask(readPets, nil)
	call := fn.saying(t, "ann")
	ctx := t.Context()
	hit := func() {
		a, _, err := s.Answer(ctx, s.Key(token), call)
		if err != nil || !a.Decide(q).Allowed() {
			t.Fatal(err)
		}
	}
	hit()
	if n := testing.AllocsPerRun(100, hit); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHit(b *testing.B) {
	s, fn := newCache(new(clock.Clock)).Open(time.Hour), &caller{}
	token, q := strings.Repeat("t", 900), ask(readPets, nil)
	call := fn.saying(b, "ann")
	b.ReportAllocs()
	for b.Loop() {
		a, _, _ := s.Answer(b.Context(), s.Key(token), call)
		if !a.Decide(q).Allowed() {
			b.Fatal("denied")
		}
	}
}
