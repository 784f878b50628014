package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/template"
)

// What is there to paste knocks at doors whose answer is known: a stranger's and
// a user's at the same one, and at a function's only if there is no other.
func TestWhatIsThereToPaste(t *testing.T) {
	password := keyring.NewSecret("Pa$$")
	pool := template.Pool{ID: "us-east-1_a", Issuer: "http://127.0.0.1:4566/us-east-1_a",
		Clients: []template.Client{{ID: "client", Flows: []string{"ALLOW_USER_PASSWORD_AUTH"}}},
		Users:   []template.User{{Username: "ann", Password: &password}}}
	signed := template.Route{Method: "POST", Path: "/close", Authorizer: "AWS_IAM", Signed: true}
	byKey := template.Route{Method: "GET", Path: "/a", Authorizer: "Keys", ByFunction: true}
	byToken := template.Route{Method: "GET", Path: "/orders/{id}", Authorizer: "Guest", Header: "Authorization", Pools: []string{pool.ID}}
	scoped := template.Route{Method: "GET", Path: "/b", Authorizer: "Guest", Header: "Authorization", Pools: []string{pool.ID}, Scopes: []string{"x/y"}}
	rest := template.Route{Method: "ANY", Path: "$default", Authorizer: "Guest", Header: "Authorization", Pools: []string{pool.ID}}
	open := template.Route{Method: "GET", Path: "/"}

	for _, c := range []struct {
		name   string
		routes []template.Route
		want   []string // beginnings of the lines, in order
	}{
		{"a user's door before others", []template.Route{byKey, signed, scoped, byToken}, []string{
			"As a stranger (401):", "curl -i 'http://h/$default/orders/id'", "Signed in (200):", "curl -i -H \"Authorization: $(curl -s 'http://127.0.0.1:4566/'"}},
		{"the default route has no name in its address", []template.Route{rest}, []string{
			"As a stranger (401):", "curl -i 'http://h/$default/'", "Signed in (200):", "curl -i -H \"Authorization: $("}},
		{"nobody's token has scopes", []template.Route{byKey, scoped}, []string{"As a stranger (401):", "curl -i 'http://h/$default/b'"}},
		{"signatures", []template.Route{byKey, signed}, []string{"As a stranger (403):", "curl -i -X POST 'http://h/$default/close'"}},
		{"functions", []template.Route{byKey, open}, []string{
			"As a stranger (401 or 403: its function decides):", "curl -i 'http://h/$default/a'", "Open to everybody:", "curl -i 'http://h/$default/'"}},
		{"nothing guarded", []template.Route{open}, []string{"Open to everybody:", "curl -i 'http://h/$default/'"}},
	} {
		var told strings.Builder
		o := &template.Outcome{Pools: []template.Pool{pool}, APIs: []template.API{{Kind: "HTTP", Name: "orders", Stages: []template.Stage{{Name: "$default", URL: "http://h/$default"}}, Routes: c.routes}}}
		(&printer{out: &told}).tryIt(o)
		lines := slices.DeleteFunc(strings.Split(told.String(), "\n"), func(line string) bool { return line == "" })
		if len(lines) != len(c.want) {
			t.Errorf("%s:\n%s", c.name, told.String())
			continue
		}
		for i, line := range lines {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, c.want[i]) {
				t.Errorf("%s: %q, want %q", c.name, line, c.want[i])
			}
		}
	}
}

// A resource policy stands before every route, open ones too.
func TestARouteBehindAPolicyIsNotSaidToBeOpenToEverybody(t *testing.T) {
	for policy, want := range map[bool]string{false: "open to everybody\n", true: "open to whom the API's resource policy lets in\n"} {
		var told strings.Builder
		(&printer{out: &told}).api(template.API{Kind: "REST", Name: "pets", HasPolicy: policy, Stages: []template.Stage{{Name: "v1", URL: "http://h/v1"}},
			Routes: []template.Route{{Method: "GET", Path: "/"}}}, nil)
		if text := told.String(); !strings.HasPrefix(text, "\nREST API pets at http://h/v1\n") || !strings.HasSuffix(text, want) {
			t.Errorf("with a policy %v it says %q", policy, text)
		}
	}
}

// A pool that is open to all says how to get in, and not to put somebody into the template.
func TestHowToGetIntoAPoolThatIsOpenToAll(t *testing.T) {
	pool := template.Pool{ID: "eu-west-1_a", Name: "members", Issuer: "http://127.0.0.1:4999/eu-west-1_a", SignUp: true, Clients: []template.Client{{ID: "client"}}}
	told := func() string {
		var text strings.Builder
		(&printer{out: &text}).surroundings(&template.Outcome{Pools: []template.Pool{pool}})
		return text.String()
	}
	for _, says := range []string{
		"  aws --endpoint-url 'http://127.0.0.1:4999' --region eu-west-1 --no-sign-request cognito-idp sign-up --username NAME --password PASSWORD --client-id client\n",
		"cognito-idp confirm-sign-up --username NAME --confirmation-code CODE --client-id client\n",
		"  sallyport login --endpoint 'http://127.0.0.1:4999' --user-pool eu-west-1_a --client client --user NAME\n",
		"sallyport outbox",
	} {
		if !strings.Contains(told(), says) {
			t.Errorf("it does not say %q:\n%s", says, told())
		}
	}
	if pool.Issuer = "http://127.0.0.1:4566/eu-west-1_a"; !strings.Contains(told(), "  sallyport login --user-pool") {
		t.Errorf("the usual address is told:\n%s", told())
	}
	pool.Clients = []template.Client{{ID: "server", HasSecret: true}, {ID: "app", Flows: []string{"ALLOW_USER_PASSWORD_AUTH"}}}
	if !strings.Contains(told(), "--client-id app\n") || !strings.Contains(told(), "--client app --user NAME --user-password-auth\n") {
		t.Errorf("with a client that everybody may use:\n%s", told())
	}
	if pool.Clients = pool.Clients[:1]; !strings.Contains(told(), "--client-id server --secret-hash HASH\n") {
		t.Errorf("with a client that has a secret:\n%s", told())
	}
	pool.SignUp = false
	if !strings.Contains(told(), "AWS::Cognito::UserPoolUser") || strings.Contains(told(), "sign-up") {
		t.Errorf("a closed pool says:\n%s", told())
	}
}
