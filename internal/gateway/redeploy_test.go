package gateway_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

// While a stage is deployed again and again, each request is of one deployment
// whole: never the guard of one with what stands behind another.
func TestRequestsDuringDeploymentsAreOfOneOfThem(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a/{id}", a.byToken("", 300))
	a.open("GET", "/b/{id}")
	a.deploy("prod")
	g.says(func(event map[string]any) string {
		token := event["authorizationToken"].(string)
		return fmt.Sprintf(`{"principalId":%q,"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":%q}}}`, token, a.arnOf("prod/GET/a/"+token))
	})
	swap := func(d *gateway.Definition) {
		for _, r := range d.Resources {
			switch {
			case r.Path == "/a/{id}":
				r.Path = "/b/{id}"
			case r.Path == "/b/{id}":
				r.Path = "/a/{id}"
			}
		}
	}
	done := make(chan struct{})
	var people sync.WaitGroup
	for n := range 4 {
		own := fmt.Sprintf("person%d", n)
		people.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				// One of the two paths is open, and which changes under their feet.
				for path, allowed := range map[string]map[int]bool{
					"/a/" + own: {200: true}, "/a/other": {200: true, 403: true}, "/b/" + own: {200: true, 403: true}, "/none": {403: true},
				} {
					if got := a.send("GET", "/prod"+path, bearing(own)); !allowed[got.status] {
						t.Errorf("%s: %d %s", path, got.status, got.body)
					}
				}
				if got := a.send("GET", "/prod/a/"+own); got.status != 200 && got.status != 401 {
					t.Errorf("without a token: %d %s", got.status, got.body)
				}
			}
		})
	}
	for range 30 {
		a.redefine("prod", swap)
	}
	close(done)
	people.Wait()
	// What is left is what was deployed last: 30 times is where it began.
	expectReply(t, "guarded", a.send("GET", "/prod/a/x"), 401, "")
	expectReply(t, "open", a.send("GET", "/prod/b/x"), 200, "")
}
