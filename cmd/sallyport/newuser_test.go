package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// unreliable stands before a server. Actions in broken are not passed on, and
// those in lost are, but their answers do not come back.
func unreliable(t testing.TB, server string, broken, lost []string) (address string) {
	t.Helper()
	to, err := url.Parse(server)
	check(t, err)
	// The Host stays the client's, so that signatures hold.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		switch action := form.Get("Action"); {
		case slices.Contains(broken, action):
			http.Error(w, "<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceFailure</Code><Message>broken by the test</Message></Error></ErrorResponse>", 500)
		case slices.Contains(lost, action):
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestAUserThatIsNotFinishedIsRemovedAgain(t *testing.T) {
	p := serve(t, freeAddress(t), rootEnv, "--ephemeral")
	users := iam.NewFromConfig(rootOf(strings.TrimPrefix(p.url, "http://")))
	list := func() (names []string) {
		out, err := users.ListUsers(t.Context(), &iam.ListUsersInput{})
		check(t, err)
		for _, u := range out.Users {
			names = append(names, *u.UserName)
		}
		return names
	}
	closed, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	check(t, err)
	defer closed.Close()
	for name, c := range map[string]struct {
		broken, lost []string
		policies     int
		out          io.Writer // where the key cannot be shown
		says         []string
		left         []string
	}{
		"a policy cannot be attached": {broken: []string{"AttachUserPolicy"}, policies: 1, says: []string{"could not be attached: broken by the test", "was removed again"}},
		"one policy too many":         {policies: 11, says: []string{"could not be attached", "was removed again"}},
		"no key can be made":          {broken: []string{"CreateAccessKey"}, policies: 2, says: []string{"the access key could not be made", "was removed again"}},
		"the key's answer is lost":    {lost: []string{"CreateAccessKey"}, policies: 1, says: []string{"gave no answer", "was removed again"}},
		"an attachment's is lost":     {lost: []string{"AttachUserPolicy"}, policies: 2, says: []string{"gave no answer", "was removed again"}},
		"the key cannot be shown":     {policies: 1, out: closed, says: []string{"the key could not be shown", "was removed again"}},
		"it cannot be undone":         {broken: []string{"CreateAccessKey", "DeleteUser"}, policies: 1, says: []string{"the access key could not be made", "the user ann is left behind", "delete-user"}, left: []string{"ann"}},
		"nothing can be made":         {broken: []string{"CreateUser"}, says: []string{"the user ann could not be made: broken by the test"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"user", "create", "ann"}
			for _, policy := range awsPolicies(t, users)[:c.policies] {
				args = append(args, "--policy", policy)
			}
			var out, stderr bytes.Buffer
			std := streams{in: strings.NewReader(""), out: &out, err: &stderr}
			if c.out != nil {
				std.out = c.out
			}
			t.Setenv("SALLYPORT_LISTEN", unreliable(t, p.url, c.broken, c.lost))
			t.Setenv("SALLYPORT_ROOT_ACCESS_KEY_ID", rootKey)
			t.Setenv("SALLYPORT_ROOT_SECRET_ACCESS_KEY", rootSecret)
			if code := run(context.Background(), args, std); code != exitFailed {
				t.Errorf("it ended with %d: %s%s", code, &out, &stderr)
			}
			for _, text := range c.says {
				if !strings.Contains(stderr.String(), text) {
					t.Errorf("it does not say %q: %s", text, &stderr)
				}
			}
			if strings.Contains(out.String(), "AWS_SECRET") {
				t.Errorf("it shows a key that is none: %s", &out)
			}
			if got := list(); !slices.Equal(got, c.left) {
				t.Errorf("there are the users %v, want %v", got, c.left)
			}
			for _, name := range c.left {
				for _, policy := range awsPolicies(t, users)[:c.policies] {
					_, _ = users.DetachUserPolicy(t.Context(), &iam.DetachUserPolicyInput{UserName: &name, PolicyArn: &policy})
				}
				_, err := users.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: &name})
				check(t, err)
			}
		})
	}
}

func awsPolicies(t testing.TB, users *iam.Client) (arns []string) {
	t.Helper()
	out, err := users.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: "AWS", MaxItems: aws.Int32(20)})
	check(t, err)
	for _, p := range out.Policies {
		arns = append(arns, *p.Arn)
	}
	return arns
}

// Of two who make the same user at once, one gets it, and the other takes
// nothing of it away.
func TestTwoWhoMakeTheSameUser(t *testing.T) {
	p := serve(t, freeAddress(t), rootEnv, "--ephemeral")
	env := append([]string{"SALLYPORT_LISTEN=" + strings.TrimPrefix(p.url, "http://")}, rootEnv...)
	var all []*program
	for range 4 {
		all = append(all, launch(t, env, "user", "create", "ann", "--policy", "AmazonCognitoReadOnly"))
	}
	made := 0
	for _, one := range all {
		switch code := one.exits(t); {
		case code == exitDone:
			made++
		case !strings.Contains(one.err.String(), "there is a user ann already"):
			t.Errorf("it ended with %d: %s", code, one.err)
		}
	}
	users := iam.NewFromConfig(rootOf(strings.TrimPrefix(p.url, "http://")))
	keys, err := users.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("ann")})
	check(t, err)
	if made != 1 || len(keys.AccessKeyMetadata) != 1 {
		t.Errorf("%d made it, and it has %d keys", made, len(keys.AccessKeyMetadata))
	}
}
