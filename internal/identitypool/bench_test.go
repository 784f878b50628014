package identitypool_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// What a person's calls cost at the server, wire and database in memory included.
func BenchmarkCalls(b *testing.B) {
	w := newWorld(b)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	ann := w.id(pool, w.login("ann"))
	guest := w.id(pool, nil)
	api := awsapi.New(awsapi.Config{
		Account: number, Region: region, Keys: w.account, Authorizer: w.account,
		Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Records: new(records), MaxBody: 1 << 20,
	}, w.service.API())
	logins := `{"` + key(poolA) + `":"` + w.idToken(poolA, "ann") + `"}`
	for name, c := range map[string]struct{ operation, body string }{
		"GetId of a known login":              {"GetId", `{"IdentityPoolId":"` + pool + `","Logins":` + logins + `}`},
		"GetCredentialsForIdentity":           {"GetCredentialsForIdentity", `{"IdentityId":"` + ann + `","Logins":` + logins + `}`},
		"GetCredentialsForIdentity, no login": {"GetCredentialsForIdentity", `{"IdentityId":"` + guest + `"}`},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(c.body))
				r.Header.Set("Content-Type", "application/x-amz-json-1.1")
				r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+c.operation)
				answer := httptest.NewRecorder()
				api.ServeHTTP(answer, r)
				if answer.Code != http.StatusOK {
					b.Fatal(answer.Body)
				}
			}
		})
	}
}
