package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/config"
)

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestHealth(t *testing.T) {
	w := start(t, config.Config{}, nil)
	if r := w.send(t, "GET", "/_sallyport/health", ""); r.status != 200 || strings.TrimSpace(r.body) != `{"status":"ok"}` {
		t.Errorf("healthy: %d %s", r.status, r.body)
	}
	if r := w.send(t, "POST", "/_sallyport/health", ""); r.status != 405 || r.header.Get("Allow") != "GET" {
		t.Errorf("POST: %d %v", r.status, r.header)
	}
	for _, other := range []string{"/_sallyport/", "/_sallyport/health/", "/_sallyport/healthy", "/_sallyport/%68ealth/x"} {
		if r := w.send(t, "GET", other, ""); r.status != 404 {
			t.Errorf("%s: %d %s", other, r.status, r.body)
		}
	}
}

func TestResetLeavesAnEmptyServerThatWorks(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"a root key of the operator's": nil,
		"a root key made at the start": {config.EnvRootKeyID: "", config.EnvRootSecret: ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, config.Config{}, env)
			if env != nil {
				id, secret := w.server.RootKeyForTest()
				w = clients(w.url, id, secret, w.server)
			}
			p := w.people(t, "regular")
			function := w.function(t, "counting", counting)
			api := w.api(t, p.arn, function)
			target := "/_aws/execute-api/" + api + "/prod/"
			r := w.send(t, "GET", target, "", "Authorization", *w.signIn(t, p).IdToken)
			r.runs(t)
			pid := answeredBy(t, r)
			if !running(pid) {
				t.Fatalf("the function's process %d does not run", pid)
			}

			if r := w.send(t, "POST", "/_sallyport/reset", ""); r.status != 204 || r.body != "" {
				t.Fatalf("reset: %d %s", r.status, r.body)
			}

			if out := must(w.pools.ListUserPools(t.Context(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(60)}))(t); len(out.UserPools) != 0 {
				t.Errorf("there are pools: %v", out.UserPools)
			}
			if out := must(w.lambda.ListFunctions(t.Context(), &lambda.ListFunctionsInput{}))(t); len(out.Functions) != 0 {
				t.Errorf("there are functions: %v", out.Functions)
			}
			if out := must(w.apis.GetRestApis(t.Context(), &apigateway.GetRestApisInput{}))(t); len(out.Items) != 0 {
				t.Errorf("there are APIs: %v", out.Items)
			}
			if r := w.send(t, "GET", target, ""); r.status != 403 {
				t.Errorf("the API still answers: %d %s", r.status, r.body)
			}
			if r := w.send(t, "GET", "/"+p.pool+"/.well-known/jwks.json", ""); r.status < 400 {
				t.Errorf("the pool still publishes keys: %s", r.body)
			}
			if _, err := w.trySignIn(t.Context(), p); code(err) != "ResourceNotFoundException" {
				t.Errorf("the old client: %v", err)
			}
			eventually(t, "the function's process has ended", func() bool { return !running(pid) })

			p = w.people(t, "regular")
			api = w.api(t, p.arn, w.function(t, "counting", counting))
			r = w.send(t, "GET", "/_aws/execute-api/"+api+"/prod/", "", "Authorization", *w.signIn(t, p).IdToken)
			if r.runs(t) != 1 {
				t.Errorf("the new function is the old one: %s", r.body)
			}
		})
	}
}

func answeredBy(t testing.TB, r reply) int {
	t.Helper()
	var out struct{ PID int }
	if err := json.Unmarshal([]byte(r.body), &out); err != nil || out.PID == 0 {
		t.Fatalf("no process in %s", r.body)
	}
	return out.PID
}

func running(pid int) bool {
	state, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(state), ") Z ")
}

func TestTheClockGoesForwardOnly(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p := w.people(t, "regular")
	tokens := w.signIn(t, p)
	who := func() error {
		_, err := w.pools.GetUser(t.Context(), &idp.GetUserInput{AccessToken: tokens.AccessToken})
		return err
	}
	if err := who(); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "null", "[]", `{}`, `{"advance":""}`, `{"advance":"-1h"}`, `{"advance":"1"}`, `{"advance":90}`, `{"advance":"999999h"}`,
		`{"advance":"1h","and":"more"}`, `{"advance":"` + strings.Repeat("1", 2000) + `h"}`, `{"advance":"1h"} {"advance":"1h"}`} {
		if r := w.send(t, "POST", "/_sallyport/clock", bad); r.status != 400 {
			t.Errorf("%.40s: %d %s", bad, r.status, r.body)
		}
	}
	if err := who(); err != nil {
		t.Errorf("a refused advance moved the clock: %v", err)
	}
	before := time.Now()
	r := w.send(t, "POST", "/_sallyport/clock", `{"advance":"61m"}`)
	if r := w.send(t, "POST", "/_sallyport/clock", `{"advance":"175199h"}`); r.status != 400 {
		t.Errorf("many small steps go too far: %d %s", r.status, r.body)
	}
	var out struct{ Now time.Time }
	if err := json.Unmarshal([]byte(r.body), &out); err != nil || r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if ahead := out.Now.Sub(before); ahead < 61*time.Minute || ahead > 63*time.Minute {
		t.Errorf("the clock is %v ahead", ahead)
	}
	if err := who(); code(err) != "NotAuthorizedException" {
		t.Errorf("an expired token: %v", err)
	}
	// The clients' own clocks have not moved, and they must not be locked out for it.
	must(w.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
}

// The doors for tests are shut to whoever is no test on this machine, and shut
// doors look like none.
func TestWhoMayNotResetOrMoveTheClock(t *testing.T) {
	ephemeral := start(t, config.Config{}, nil)
	kept := start(t, config.Config{Data: filepath.Join(t.TempDir(), "data")}, nil)
	p := ephemeral.people(t, "regular")
	for name, c := range map[string]struct {
		w       *world
		headers []string
	}{
		"without --ephemeral":           {kept, nil},
		"a page of another origin":      {ephemeral, []string{"Origin", "https://evil.example"}},
		"a page of another port":        {ephemeral, []string{"Origin", "http://127.0.0.1:1"}},
		"a page without an origin":      {ephemeral, []string{"Origin", "null"}},
		"cross-site":                    {ephemeral, []string{"Sec-Fetch-Site", "cross-site"}},
		"same-site":                     {ephemeral, []string{"Sec-Fetch-Site", "same-site"}},
		"a word that no browser sends":  {ephemeral, []string{"Sec-Fetch-Site", "Same-Origin"}},
		"two words":                     {ephemeral, []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}},
		"two origins":                   {ephemeral, []string{"Origin", "http://" + ephemeral.address, "Origin", "https://evil.example"}},
		"a name that was rebound":       {ephemeral, []string{"Host", "evil.example"}},
		"a look-alike of localhost":     {ephemeral, []string{"Host", "localhost.evil.example"}},
		"an address of another machine": {ephemeral, []string{"Host", "192.0.2.1:4566"}},
		"by a proxy on this machine":    {ephemeral, []string{"X-Forwarded-For", "192.0.2.1"}},
		"by an API of this server":      {ephemeral, []string{"X-Amzn-Apigateway-Api-Id", "abcdefghij"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, door := range []string{"/_sallyport/reset", "/_sallyport/clock"} {
				if r := c.w.send(t, "POST", door, `{"advance":"90m"}`, c.headers...); r.status != 404 || !strings.Contains(r.body, "Not Found") {
					t.Errorf("%s: %d %s", door, r.status, r.body)
				}
			}
			if r := c.w.send(t, "GET", "/_sallyport/outbox", "", c.headers...); r.status != 404 {
				t.Errorf("outbox: %d %s", r.status, r.body)
			}
		})
	}
	ephemeral.signIn(t, p) // nothing has been reset
	for name, headers := range map[string][]string{
		"curl": nil, "localhost": {"Host", "LOCALHOST:1"}, "IPv6": {"Host", "[::1]:4566"}, "its own page": {"Sec-Fetch-Site", "same-origin", "Origin", "http://" + ephemeral.address},
	} {
		if r := ephemeral.send(t, "POST", "/_sallyport/clock", `{"advance":"0s"}`, headers...); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := ephemeral.send(t, "GET", "/_sallyport/reset", ""); r.status != 405 {
		t.Errorf("GET reset: %d", r.status)
	}
}

func TestWhatAnInvitationWouldHaveSaidIsInTheOutbox(t *testing.T) {
	invite := func(w *world) people {
		p := w.people(t, "regular")
		must(w.pools.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
			UserPoolId: &p.pool, Username: aws.String("ann"), TemporaryPassword: aws.String("Temporary-7"),
			UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String("ann@example.com")}}, DesiredDeliveryMediums: []idptypes.DeliveryMediumType{idptypes.DeliveryMediumTypeEmail},
		}))(t)
		return p
	}
	type message struct {
		At                                                              time.Time
		Channel, To, UserPoolID, Username, Purpose, Code, Subject, Body string
	}
	check := func(t *testing.T, r reply, pool string) {
		t.Helper()
		var list []message
		if err := json.Unmarshal([]byte(r.body), &list); err != nil || r.status != 200 || len(list) != 1 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		m := list[0]
		if m.Channel != "email" || m.To != "ann@example.com" || m.UserPoolID != pool || m.Username != "ann" || m.Code != "Temporary-7" || !strings.Contains(m.Body, m.Code) || m.Subject == "" {
			t.Errorf("the message is %+v", m)
		}
	}

	t.Run("ephemeral", func(t *testing.T) {
		w := start(t, config.Config{}, nil)
		p := invite(w)
		check(t, w.send(t, "GET", "/_sallyport/outbox?to=ann@example.com", ""), p.pool)
		check(t, w.send(t, "GET", "/_sallyport/outbox", ""), p.pool)
		if r := w.send(t, "GET", "/_sallyport/outbox?to=bob@example.com", ""); strings.TrimSpace(r.body) != "[]" {
			t.Errorf("to somebody else: %s", r.body)
		}
	})
	t.Run("kept", func(t *testing.T) {
		w := start(t, config.Config{Data: filepath.Join(t.TempDir(), "data")}, nil)
		p := invite(w)
		get := func(change func(*http.Request), id, secret string) reply {
			t.Helper()
			r := must(http.NewRequest("GET", w.url+"/_sallyport/outbox?to=ann%40example.com", nil))(t)
			if id != "" {
				if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, emptyHash, "execute-api", region, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if change != nil {
				change(r)
			}
			response := must(http.DefaultClient.Do(r))(t)
			defer response.Body.Close()
			return reply{response.StatusCode, response.Header, string(must(io.ReadAll(response.Body))(t))}
		}
		check(t, get(nil, rootKey, rootSecret), p.pool)
		for name, r := range map[string]reply{
			"nobody":               get(nil, "", ""),
			"a wrong secret":       get(nil, rootKey, rootSecret+"x"),
			"an unknown key":       get(nil, "AKIAIOSFODNN7EXAMPLF", rootSecret),
			"another query":        get(func(r *http.Request) { r.URL.RawQuery = "" }, rootKey, rootSecret),
			"a token beside it":    get(func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, rootKey, rootSecret),
			"a body under no hash": get(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")); r.ContentLength = 1 }, rootKey, rootSecret),
			"two signatures": get(func(r *http.Request) {
				r.Header["Authorization"] = append(r.Header["Authorization"], r.Header.Get("Authorization"))
			}, rootKey, rootSecret),
		} {
			if r.status != 404 {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		}
	})
}
