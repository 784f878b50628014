package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/store"
)

// stage changes a stage's row, as the control planes do.
func (a *api) stage(name string, change func(*gateway.Stage)) {
	a.t.Helper()
	must(a.t, a.db.Write(a.t.Context(), func(tx *store.Tx) error {
		_, err := gateway.Stages.Update(a.t.Context(), tx, func(s *gateway.Stage) error { change(s); return nil }, a.id, name)
		return err
	}))
}

func limit(rate float64, burst int32) *gateway.MethodSettings {
	return &gateway.MethodSettings{RateLimit: &rate, BurstLimit: &burst}
}

// statuses are those of n requests.
func (a *api) statuses(n int, verb, target string, change ...func(*http.Request)) string {
	a.t.Helper()
	var b strings.Builder
	for range n {
		b.WriteString(map[int]string{200: "+", 429: "-", 401: "?"}[a.send(verb, target, change...).status])
	}
	return b.String()
}

func TestRequestsOverAMethodsLimitAreRefused(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.open("GET", "/open")
	a.deploy("prod")
	a.stage("prod", func(s *gateway.Stage) {
		s.Settings = map[string]*gateway.MethodSettings{gateway.SettingsKey("/pets", "GET"): limit(0.001, 2)}
	})
	if got := a.statuses(4, "GET", "/prod/pets"); got != "++--" {
		t.Fatalf("four requests with a burst of two: %s", got)
	}
	got := a.send("GET", "/prod/pets")
	if got.status != 429 || got.body != `{"message":"Too Many Requests"}` || got.header.Get("x-amzn-ErrorType") != "TooManyRequestsException" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", got)
	}
	record := w.records.latest()
	steps := record.Steps()
	if last := steps[len(steps)-1]; last.Name != "throttle" || last.Outcome != audit.Refused || last.Detail != "over the limit of GET /pets: 0.001 requests a second, 2 at once" {
		t.Errorf("the record says %+v", last)
	}
	if n := w.fn.count(); n != 2 {
		t.Errorf("the function was called %d times", n)
	}
	if got := a.statuses(5, "GET", "/prod/open"); got != "+++++" {
		t.Errorf("another method: %s", got)
	}
	w.clock.Advance(1000 * time.Second)
	if got := a.statuses(3, "GET", "/prod/pets"); got != "+--" {
		t.Errorf("when a token has been added: %s", got)
	}
}

func TestARedeployDoesNotRefillALimit(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.deploy("prod")
	set := func(m *gateway.MethodSettings) {
		a.stage("prod", func(s *gateway.Stage) { s.Settings = map[string]*gateway.MethodSettings{gateway.AllMethods: m} })
	}
	set(limit(0.001, 2))
	if got := a.statuses(3, "GET", "/prod/pets"); got != "++-" {
		t.Fatal(got)
	}
	a.deploy("prod")
	a.stage("prod", func(s *gateway.Stage) { s.Description = "changed" })
	if got := a.statuses(2, "GET", "/prod/pets"); got != "--" {
		t.Errorf("after a redeploy: %s", got)
	}
	set(limit(0.001, 3))
	if got := a.statuses(4, "GET", "/prod/pets"); got != "+++-" {
		t.Errorf("after the limit was changed: %s", got)
	}
	set(limit(0, 100))
	if got := a.statuses(2, "GET", "/prod/pets"); got != "--" {
		t.Errorf("a rate of 0: %s", got)
	}
	set(nil)
	if got := a.statuses(9, "GET", "/prod/pets"); got != "+++++++++" {
		t.Errorf("no limit: %s", got)
	}
}

// The most particular setting counts: a verb's, then ANY's, then the stage's, number by number.
func TestWhichSettingLimitsAMethod(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.open("ANY", "/things")
	a.open("POST", "/things")
	a.open("GET", "/")
	a.open("GET", "/free")
	a.deploy("prod")
	burst, none := int32(4), int32(-1)
	noRate := -1.0
	a.stage("prod", func(s *gateway.Stage) {
		s.Settings = map[string]*gateway.MethodSettings{
			gateway.AllMethods:                      limit(0.001, 1),
			gateway.SettingsKey("/pets", "GET"):     {BurstLimit: &burst}, // and the stage's rate
			gateway.SettingsKey("/things", "ANY"):   limit(0.001, 2),
			gateway.SettingsKey("/things", "PUT"):   limit(0.001, 3),
			gateway.SettingsKey("/things", "PATCH"): {},
			gateway.SettingsKey("/free", "GET"):     {RateLimit: &noRate, BurstLimit: &none},
		}
	})
	for _, c := range []struct{ verb, path, want string }{
		{"GET", "/pets", "++++-"},
		{"GET", "", "+----"},
		{"PUT", "/things", "+++--"},
		{"GET", "/things", "++---"},
		{"DELETE", "/things", "-----"}, // which GET has emptied: ANY is one method
		{"POST", "/things", "+----"},   // a method of its own, with the stage's
		{"PATCH", "/things", "++---"},  // settings of its own that say nothing of it: ANY's numbers
		{"GET", "/free", "+++++"},
	} {
		if got := a.statuses(5, c.verb, "/prod"+c.path); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.verb, c.path, got, c.want)
		}
	}
}

// Those who may not call cannot use up what those who may have.
func TestAFloodOfStrangersStarvesNobody(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("GET", "/pets", a.authorizer("pool", poolARN))
	a.deploy("prod")
	a.stage("prod", func(s *gateway.Stage) {
		s.Settings = map[string]*gateway.MethodSettings{gateway.AllMethods: limit(0.001, 2)}
	})
	forged := withHeader("Authorization", w.pools.sign(t, otherPool, "id", nil))
	if got := a.statuses(10, "GET", "/prod/pets"); got != strings.Repeat("?", 10) {
		t.Errorf("without a token: %s", got)
	}
	if got := a.statuses(10, "GET", "/prod/pets", forged); got != strings.Repeat("?", 10) {
		t.Errorf("with a foreign token: %s", got)
	}
	if got := a.statuses(3, "GET", "/prod/pets", withHeader("Authorization", w.pools.sign(t, poolARN, "id", nil))); got != "++-" {
		t.Errorf("with a token: %s", got)
	}
	if got := a.statuses(1, "GET", "/prod/pets"); got != "?" {
		t.Errorf("a stranger is told of the limit before they are known: %s", got)
	}
}

func TestStagesHaveLimitsOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.deploy("prod")
	a.deploy("test")
	for _, name := range []string{"prod", "test"} {
		a.stage(name, func(s *gateway.Stage) {
			s.Settings = map[string]*gateway.MethodSettings{gateway.AllMethods: limit(0.001, 1)}
		})
	}
	if got := a.statuses(2, "GET", "/prod/pets") + a.statuses(2, "GET", "/test/pets"); got != "+-+-" {
		t.Error(got)
	}
}

// All APIs of a region share the account's limit, and what one of their methods
// has refused takes nothing of it.
func TestTheAccountsLimitIsOfAllAPIs(t *testing.T) {
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) { c.AccountLimit = throttle.Limit{Rate: 0.001, Burst: 5} })
	one, two := w.newAPI(), w.newAPI()
	for _, a := range []*api{one, two} {
		a.open("GET", "/pets")
		a.deploy("prod")
	}
	one.stage("prod", func(s *gateway.Stage) {
		s.Settings = map[string]*gateway.MethodSettings{gateway.AllMethods: limit(0.001, 2)}
	})
	if got := one.statuses(20, "GET", "/prod/pets"); strings.Count(got, "+") != 2 {
		t.Errorf("the first API: %s", got)
	}
	if got := two.statuses(5, "GET", "/prod/pets"); got != "+++--" {
		t.Errorf("the second: %s", got)
	}
	record := w.records.latest()
	steps := record.Steps()
	if got := steps[len(steps)-1].Detail; got != "over the limit of the account in eu-west-1: 0.001 requests a second, 5 at once" {
		t.Error(got)
	}
	account, err := w.client.GetAccount(t.Context(), &apigateway.GetAccountInput{})
	must(t, err)
	if s := account.ThrottleSettings; s.RateLimit != 0.001 || s.BurstLimit != 5 {
		t.Errorf("the account is told %+v", s)
	}
}

func TestSettingsThatCannotBeLimits(t *testing.T) {
	for _, m := range []*gateway.MethodSettings{limit(-2, 1), limit(1, -2)} {
		if m.CheckThrottling() == nil {
			t.Errorf("%v, %v are taken", *m.RateLimit, *m.BurstLimit)
		}
	}
	for _, m := range []*gateway.MethodSettings{nil, {}, limit(0, 0), limit(-1, -1), limit(0.5, 1), limit(1e9, 1e9)} {
		if err := m.CheckThrottling(); err != nil {
			t.Error(err)
		}
	}
}
