package throttle_test

import (
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/throttle"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func setting(rate float64, burst int32) throttle.Setting {
	return throttle.Setting{Rate: &rate, Burst: &burst}
}

// one is a stage whose method GET /a has the limit s, in an account with a.
func one(a throttle.Limit, s throttle.Setting) throttle.Chain {
	return throttle.NewAccount(a).Stage("eu-west-1", "api", "prod", map[string]throttle.Setting{"GET /a": s}).Chain("GET /a")
}

// passes counts how many of n requests at one instant get through.
func passes(c throttle.Chain, at time.Time, n int) int {
	passed := 0
	for range n {
		if c.Take(at) == nil {
			passed++
		}
	}
	return passed
}

func TestABucketGivesItsBurstAndThenItsRate(t *testing.T) {
	c := one(throttle.AccountLimit, setting(2, 5))
	for _, step := range []struct {
		after time.Duration
		want  int
	}{
		{0, 5}, {0, 0},
		{499 * time.Millisecond, 0}, {500 * time.Millisecond, 1}, // a token each half second
		{time.Second, 1}, {1500 * time.Millisecond, 1},
		{3 * time.Second, 3},
		{time.Hour, 5}, // never more than the burst
		{100 * 365 * 24 * time.Hour, 5},
	} {
		if got := passes(c, start.Add(step.after), 10); got != step.want {
			t.Errorf("after %v: %d of 10 passed, want %d", step.after, got, step.want)
		}
	}
}

func TestRatesMayBeFractions(t *testing.T) {
	c := one(throttle.AccountLimit, setting(0.1, 1))
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {9 * time.Second, 0}, {10 * time.Second, 1}, {20 * time.Second, 1}, {29 * time.Second, 0}} {
		if got := passes(c, start.Add(step.after), 3); got != step.want {
			t.Errorf("after %v: %d passed, want %d", step.after, got, step.want)
		}
	}
}

func TestRequestsThatAreRefusedUseUpNothing(t *testing.T) {
	c := one(throttle.AccountLimit, setting(1, 1))
	passes(c, start, 1)
	for i := range 1000 { // a client that hammers does not keep the bucket empty
		c.Take(start.Add(time.Duration(i) * 999 * time.Microsecond))
	}
	if c.Take(start.Add(time.Second)) != nil {
		t.Error("a second after the last token was given there is none")
	}
}

func TestAClockThatGoesBackFillsNothing(t *testing.T) {
	c := one(throttle.AccountLimit, setting(1, 2))
	passes(c, start, 2)
	for range 100 {
		if c.Take(start.Add(-time.Hour)) == nil || c.Take(start) == nil {
			t.Fatal("time that has been there already filled the bucket")
		}
	}
	if got := passes(c, start.Add(time.Second), 3); got != 1 {
		t.Errorf("a second later %d passed, want 1", got)
	}
}

func TestZeroClosesAndMinusOneLeavesTheAccounts(t *testing.T) {
	zero, some, none := 0.0, int32(5), int32(-1)
	noBurst, noRate := int32(0), -1.0
	bad, nan := int32(-2), math.NaN()
	rate := 1.0
	account := throttle.Limit{Rate: 3, Burst: 4}
	for name, c := range map[string]struct {
		setting throttle.Setting
		now     int // of 10 at once
		later   int // of 10 a second later
	}{
		"nothing given":                 {throttle.Setting{}, 4, 3},
		"-1 and -1":                     {throttle.Setting{Rate: &noRate, Burst: &none}, 4, 3},
		"rate 0":                        {throttle.Setting{Rate: &zero, Burst: &some}, 0, 0},
		"rate 0 alone":                  {throttle.Setting{Rate: &zero}, 0, 0},
		"burst 0":                       {throttle.Setting{Rate: &rate, Burst: &noBurst}, 0, 0},
		"burst 0 alone":                 {throttle.Setting{Burst: &noBurst}, 0, 0},
		"a rate alone":                  {throttle.Setting{Rate: &rate}, 4, 1},
		"a burst alone":                 {throttle.Setting{Burst: new(int32(2))}, 2, 2},
		"more than the account":         {setting(1000, 1000), 4, 3},
		"a row that nobody has checked": {throttle.Setting{Burst: &bad}, 0, 0},
		"a rate that is no number":      {throttle.Setting{Rate: &nan}, 0, 0},
	} {
		chain := one(account, c.setting)
		if got := passes(chain, start, 10); got != c.now {
			t.Errorf("%s: %d of 10 passed, want %d", name, got, c.now)
		}
		if got := passes(chain, start.Add(time.Second), 10); got != c.later {
			t.Errorf("%s: a second later %d of 10 passed, want %d", name, got, c.later)
		}
	}
}

func TestWhoIsOverOneLimitTakesNothingOfTheOthers(t *testing.T) {
	account := throttle.NewAccount(throttle.Limit{Rate: 1, Burst: 10})
	stage := account.Stage("eu-west-1", "api", "prod", map[string]throttle.Setting{"GET /small": setting(1, 2), "GET /wide": setting(100, 100)})
	small, wide, free := stage.Chain("GET /small"), stage.Chain("GET /wide"), stage.Chain("GET /free")
	if got := passes(small, start, 1000); got != 2 {
		t.Fatalf("%d passed the small limit, want 2", got)
	}
	if got := passes(free, start, 3); got != 3 {
		t.Errorf("%d of 3 passed that only the account limits", got)
	}
	if got := passes(wide, start, 1000); got != 5 {
		t.Errorf("%d passed, want what the account has left: 5", got)
	}
	// Those that the account refused have taken nothing of the method's.
	if got := passes(wide, start.Add(95*time.Second), 1000); got != 10 {
		t.Errorf("%d passed later, want the account's burst: 10", got)
	}
}

func TestAChainThatNoStageHasMadeLetsNothingThrough(t *testing.T) {
	var c throttle.Chain
	if by := c.Take(start); by == nil || by.Reason() == "" {
		t.Error("the zero chain let a request through")
	}
}

func TestTheReasonNamesTheLimit(t *testing.T) {
	c := one(throttle.Limit{Rate: 1, Burst: 1}, setting(0.5, 1))
	passes(c, start, 1)
	if got := c.Take(start).Reason(); got != "over the limit of GET /a: 0.5 requests a second, 1 at once" {
		t.Error(got)
	}
	if got := c.Take(start.Add(-time.Hour)); got == nil {
		t.Error("passed")
	}
	only := throttle.NewAccount(throttle.Limit{Rate: 1, Burst: 1}).Stage("eu-west-1", "api", "prod", nil).Chain("GET /a")
	passes(only, start, 1)
	if got := only.Take(start).Reason(); !strings.HasPrefix(got, "over the limit of the account in eu-west-1: 1 requests") {
		t.Error(got)
	}
}

func TestARedeployDoesNotRefillAndAChangeAppliesAtOnce(t *testing.T) {
	account := throttle.NewAccount(throttle.AccountLimit)
	raise := func(stage string, s throttle.Setting) throttle.Chain {
		return account.Stage("eu-west-1", "api", stage, map[string]throttle.Setting{"GET /a": s}).Chain("GET /a")
	}
	passes(raise("prod", setting(1, 3)), start, 3)
	if got := passes(raise("prod", setting(1, 3)), start, 3); got != 0 {
		t.Errorf("%d passed after a redeploy", got)
	}
	if got := passes(raise("test", setting(1, 3)), start, 5); got != 3 {
		t.Errorf("%d passed on another stage, want 3", got)
	}
	if got := passes(raise("prod", setting(1, 2)), start, 5); got != 2 {
		t.Errorf("%d passed after the burst was changed to 2", got)
	}
	if got := passes(raise("prod", setting(0, 2)), start.Add(time.Hour), 5); got != 0 {
		t.Errorf("%d passed a method that was closed", got)
	}
	account.Drop("api", "prod")
	if got := passes(raise("prod", setting(1, 2)), start, 5); got != 2 {
		t.Errorf("%d passed on a new stage, want 2", got)
	}
	account.Keep(func(api, stage string) bool { return stage == "test" })
	if got := passes(raise("test", setting(1, 3)), start, 5); got != 0 {
		t.Errorf("%d passed on the stage that was kept", got)
	}
	if got := passes(raise("prod", setting(1, 2)), start, 5); got != 2 {
		t.Errorf("%d passed on the stage that was not kept, want 2", got)
	}
}

func TestTheAccountsLimitIsOneForARegionAndOutlivesStages(t *testing.T) {
	account := throttle.NewAccount(throttle.Limit{Rate: 1, Burst: 4})
	if got := passes(account.Stage("eu-west-1", "one", "prod", nil).Chain("GET /"), start, 9); got != 4 {
		t.Errorf("%d passed, want 4", got)
	}
	account.Drop("one", "prod")
	if got := passes(account.Stage("eu-west-1", "two", "prod", nil).Chain("GET /"), start, 9); got != 0 {
		t.Errorf("%d passed on another API of the region, want none", got)
	}
	if got := passes(account.Stage("us-east-1", "one", "prod", nil).Chain("GET /"), start, 9); got != 4 {
		t.Errorf("%d passed in another region, want 4", got)
	}
}

func TestNotOneMoreThanTheBurstPassesWhenManyComeAtOnce(t *testing.T) {
	account := throttle.NewAccount(throttle.Limit{Rate: 1, Burst: 1000})
	stage := account.Stage("eu-west-1", "api", "prod", map[string]throttle.Setting{"a": setting(1, 700), "b": setting(1, 700)})
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		c := stage.Chain([]string{"a", "b"}[i%2])
		all.Go(func() { passed.Add(int64(passes(c, start, 1000))) })
	}
	all.Wait()
	if got := passed.Load(); got != 1000 {
		t.Errorf("%d passed, want exactly 1000", got)
	}
}

func TestSettingsOfPatchOperations(t *testing.T) {
	for text, want := range map[string]float64{"10": 10, "0": 0, "0.25": 0.25, "-1": -1, "1e3": 1000} {
		if got, err := throttle.ParseRate(text); err != nil || got != want {
			t.Errorf("rate %q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "-2", "-0.5", "NaN", "Inf", "1e999", "1 "} {
		if got, err := throttle.ParseRate(text); err != throttle.ErrRate {
			t.Errorf("rate %q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]int32{"10": 10, "0": 0, "-1": -1} {
		if got, err := throttle.ParseBurst(text); err != nil || got != want {
			t.Errorf("burst %q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "-2", "1.5", "99999999999"} {
		if got, err := throttle.ParseBurst(text); err != throttle.ErrBurst {
			t.Errorf("burst %q: %v, %v", text, got, err)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	c := one(throttle.AccountLimit, setting(1e9, math.MaxInt32))
	b.ReportAllocs()
	at := start
	for b.Loop() {
		at = at.Add(time.Millisecond)
		if c.Take(at) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	c := one(throttle.AccountLimit, setting(1, 1))
	c.Take(start)
	b.ReportAllocs()
	for b.Loop() {
		if c.Take(start) == nil {
			b.Fatal("passed")
		}
	}
}

func BenchmarkTakeFromAllSides(b *testing.B) {
	c := one(throttle.Limit{Rate: 1e9, Burst: math.MaxInt32}, setting(1e9, math.MaxInt32))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Take(start)
		}
	})
}
