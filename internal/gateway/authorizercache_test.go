package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestACachedPolicyIsAskedAgainForEachMethod(t *testing.T) {
	a, g := newGuarded(t)
	guard := a.byToken("", 300)
	for _, m := range []string{"GET /a", "DELETE /b", "GET /c/{id}"} {
		verb, path, _ := strings.Cut(m, " ")
		a.custom(verb, path, guard)
	}
	a.deploy("prod")
	g.says(func(event map[string]any) string { return allows("Allow", event["methodArn"].(string), "null") })
	expectReply(t, "GET /a", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	expectReply(t, "DELETE /b", a.send("DELETE", "/prod/b", bearing("t1")), 403, implicitly)
	if denied := a.records.latest().Denied; denied == nil || denied.Resource != a.arnOf("prod/DELETE/b") || denied.Trace == nil {
		t.Errorf("the record does not say what was refused: %+v", denied)
	}
	expectReply(t, "GET /a again", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	if n := g.count(); n != 1 {
		t.Errorf("%d calls", n)
	}
	// A path that would be a pattern as a resource comes back as itself.
	for _, trick := range []string{"/prod/c/*", "/prod/c/%3F", "/prod/c/%2A", "/prod/c/$%7Baws:SourceIp%7D"} {
		expectReply(t, trick, a.send("GET", trick, bearing(trick)), 200, "")
		expectReply(t, trick+" for another", a.send("GET", "/prod/c/1", bearing(trick)), 403, implicitly)
	}
}

func TestAnAuthorizersCacheEndsWithTimeFlushAndDeployment(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 60))
	a.deploy("prod")
	a.deploy("test")
	ask := func(name, stage string, calls int) {
		t.Helper()
		expectReply(t, name, a.send("GET", "/"+stage+"/a", bearing("t1")), 200, "")
		if n := g.count(); n != calls {
			t.Errorf("%s: %d calls, want %d", name, n, calls)
		}
	}
	ask("first", "prod", 1)
	ask("hit", "prod", 1)
	ask("another stage", "test", 2)
	a.clock.Advance(59 * time.Second)
	ask("almost over", "prod", 2)
	a.clock.Advance(time.Second)
	ask("over", "prod", 3)
	_, err := a.client.FlushStageAuthorizersCache(t.Context(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	ask("flushed", "prod", 4)
	a.deploy("prod")
	ask("deployed", "prod", 5)
	ask("hit of the new deployment", "prod", 5)
	// What the function may no longer say is believed until then, as at AWS.
	g.fails("", gateway.ErrNotPermitted)
	ask("permission taken away", "prod", 5)
	a.clock.Advance(time.Minute)
	expectReply(t, "and believed no longer", a.send("GET", "/prod/a", bearing("t1")), 500, broken)
}

func TestNothingIsRememberedOfRefusalsAndFailures(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 300))
	a.deploy("prod")
	g.fails(`{"errorMessage":"Unauthorized"}`, nil)
	expectReply(t, "refused", a.send("GET", "/prod/a", bearing("t1")), 401, "")
	g.fails(`{"errorMessage":"boom"}`, nil)
	expectReply(t, "failed", a.send("GET", "/prod/a", bearing("t1")), 500, "")
	g.says(always(allows("Allow", "*", "null")))
	expectReply(t, "allowed", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	g.says(always(allows("Deny", "*", "null")))
	expectReply(t, "denied", a.send("GET", "/prod/a", bearing("t2")), 403, explicitly)
	g.says(always(allows("Allow", "*", "null")))
	expectReply(t, "a deny is remembered", a.send("GET", "/prod/a", bearing("t2")), 403, explicitly)
}

func TestARequestAuthorizerNeedsItsIdentitySourcesOnlyToRemember(t *testing.T) {
	const sources = "method.request.header.X-User, method.request.querystring.team, stageVariables.tier, context.httpMethod"
	for _, ttl := range []int32{300, 0} {
		a, g := newGuarded(t)
		a.custom("GET", "/a", a.byRequest(sources, ttl))
		d := a.deploy("prod")
		_, err := a.client.CreateStage(t.Context(), &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("full"), DeploymentId: &d, Variables: map[string]string{"tier": "gold"}})
		must(t, err)
		user := withHeader("X-User", "ann")
		expectReply(t, "all there", a.send("GET", "/full/a?team=red", user), 200, "")
		called := g.count()
		for name, send := range map[string]func() reply{
			"no header":       func() reply { return a.send("GET", "/full/a?team=red") },
			"empty header":    func() reply { return a.send("GET", "/full/a?team=red", withHeader("X-User", "")) },
			"two headers":     func() reply { return a.send("GET", "/full/a?team=red", user, withHeader("x-user", "bob")) },
			"a taken header":  func() reply { return a.send("GET", "/full/a?team=red", user, withHeader("Connection", "X-User")) },
			"no parameter":    func() reply { return a.send("GET", "/full/a", user) },
			"empty parameter": func() reply { return a.send("GET", "/full/a?team=", user) },
			"two parameters":  func() reply { return a.send("GET", "/full/a?team=red&team=blue", user) },
			"another case":    func() reply { return a.send("GET", "/full/a?Team=red", user) },
			"no variable":     func() reply { return a.send("GET", "/prod/a?team=red", user) },
		} {
			if ttl > 0 {
				expectReply(t, name, send(), 401, `{"message":"Unauthorized"}`)
			} else {
				expectReply(t, name+", nothing remembered", send(), 200, "")
			}
		}
		if n := g.count() - called; ttl > 0 && n != 0 || ttl == 0 && n != 9 {
			t.Errorf("with a time to live of %d the function was called %d times", ttl, n)
		}
	}
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("", 0))
	a.deploy("prod")
	for range 2 {
		expectReply(t, "no sources", a.send("GET", "/prod/a"), 200, "")
	}
	if g.count() != 2 {
		t.Errorf("%d calls", g.count())
	}
}

func TestIdentitiesThatReadAlikeShareNothing(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("method.request.header.A,method.request.header.B", 300))
	a.deploy("prod")
	for i, pair := range [][2]string{{"a,b", "c"}, {"a", "b,c"}, {"a", "bc"}, {"ab", "c"}, {"A", "bc"}, {"c", "a,b"}} {
		expectReply(t, fmt.Sprint(pair), a.send("GET", "/prod/a", withHeader("A", pair[0]), withHeader("B", pair[1])), 200, "")
		if g.count() != i+1 {
			t.Errorf("%q was taken for another", pair)
		}
	}
}

// What a client claims of earlier hops is no identity: the function sees the
// address of the connection beside it, and so does the cache.
func TestAForwardedAddressIsTheOneTheFunctionSees(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("method.request.header.X-Forwarded-For", 300))
	a.deploy("prod")
	expectReply(t, "not sent", a.send("GET", "/prod/a"), 200, "")
	expectReply(t, "sent", a.send("GET", "/prod/a", withHeader("X-Forwarded-For", "127.0.0.1")), 200, "")
	if g.count() != 2 {
		t.Errorf("%d calls", g.count())
	}
}

func TestOneCallServesAllWhoWaitForIt(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 300))
	a.deploy("prod")
	begun, finish := make(chan struct{}), make(chan struct{})
	g.mu.Lock()
	g.answer = func(map[string]any) (string, bool, error) {
		close(begun)
		<-finish
		return allows("Allow", "*", "null"), false, nil
	}
	g.mu.Unlock()
	// The first one leaves: the call goes on for the others.
	leaving, leave := context.WithCancel(t.Context())
	r := ask(t, a.id, "/prod/a", "t1", "").WithContext(leaving)
	left := make(chan int)
	go func() {
		q := &quiet{header: http.Header{}}
		a.gateway.ServeHTTP(q, r)
		left <- q.status
	}()
	<-begun
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { expectReply(t, "waiting", a.send("GET", "/prod/a", bearing("t1")), 200, "") })
	}
	leave()
	if status := <-left; status != 500 {
		t.Errorf("who left got %d", status)
	}
	close(finish)
	all.Wait()
	if n := g.count(); n != 1 {
		t.Errorf("%d calls", n)
	}
}
