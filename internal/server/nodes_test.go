package server_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/server"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

// publicURL is what nodes of one deployment share: issuers begin with it.
const publicURL = "https://auth.example.com"

func node(t testing.TB, database, master string) config.Config {
	t.Helper()
	return resolve(t, config.Config{
		Data: filepath.Join(t.TempDir(), "data"), Database: keyring.NewSecret(database), URL: publicURL,
	}, map[string]string{config.EnvMasterKey: master, config.EnvRootKeyID: "", config.EnvRootSecret: ""})
}

// join starts a node and returns it with the clients of the root key, which the
// first node has made for all.
func join(t testing.TB, c config.Config) *world {
	t.Helper()
	s, err := server.Start(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	key := must(server.RootKey(t.Context(), c))(t)
	return clients("http://"+s.AddressForTest(), key.AccessKeyID, key.SecretAccessKey.Reveal(), s)
}

func TestTwoServersOnOnePostgreSQLAreOne(t *testing.T) {
	const master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	database := storetest.Postgres(t)
	first, second := join(t, node(t, database, master)), join(t, node(t, database, master))
	ctx := t.Context()
	must(second.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))(t)

	// What one has made answers on the other.
	p := first.people(t, "regular")
	function := first.function(t, "counting", counting)
	api := first.api(t, p.arn, function)
	eventually(t, "the second node knows the user", func() bool { _, err := second.trySignIn(ctx, p); return err == nil })
	theirs := second.signIn(t, p)
	path := "/_aws/execute-api/" + api + "/prod/"
	eventually(t, "the second node serves the API", func() bool { return second.send(t, "GET", path, "").status == 401 })
	eventually(t, "the second node runs the function", func() bool {
		return second.send(t, "GET", path, "", "Authorization", *theirs.IdToken).status == 200
	})

	// Tokens of one are good on the other, both ways, and their issuer is the deployment's.
	ours := first.signIn(t, p)
	for name, c := range map[string]struct {
		at    *world
		token *string
	}{"second's at the first": {first, theirs.IdToken}, "first's at the second": {second, ours.IdToken}} {
		r := c.at.send(t, "GET", path, "", "Authorization", *c.token)
		r.runs(t)
		if !strings.Contains(r.body, publicURL+"/"+p.pool) {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	must(first.pools.GetUser(ctx, &idp.GetUserInput{AccessToken: theirs.AccessToken}))(t)
	must(second.pools.GetUser(ctx, &idp.GetUserInput{AccessToken: ours.AccessToken}))(t)

	// What one takes away is gone on the other.
	must(second.pools.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: &p.pool, Username: aws.String("regular")}))(t)
	eventually(t, "the first node knows that the user is disabled", func() bool {
		_, err := first.trySignIn(ctx, p)
		return code(err) == "NotAuthorizedException"
	})
}

func TestASecondNodeNeedsTheSameMasterKey(t *testing.T) {
	const master, other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "//////////////////////////////////////////8="
	database := storetest.Postgres(t)
	join(t, node(t, database, master))
	for name, c := range map[string]struct{ master, says string }{
		"another one": {other, "master key"},
		"none":        {"", "SALLYPORT_MASTER_KEY"},
		"nonsense":    {"hunter2", "head -c 32 /dev/urandom | base64"},
	} {
		_, err := server.Start(context.Background(), node(t, database, c.master), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
