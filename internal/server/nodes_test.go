package server_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
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

// What an authorizer's function said is remembered by each node for itself, and
// forgotten by all of them. That the function may no longer be asked shows which
// of the two an answer is.
func TestEveryNodeForgetsWhatAnAuthorizerSaid(t *testing.T) {
	const master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	database := storetest.Postgres(t)
	first, second := join(t, node(t, database, master)), join(t, node(t, database, master))
	here := guardByFunctionOn(t, first, "")
	there := &guardedByFunction{world: second, api: here.api, authorizer: here.authorizer, guard: here.guard}
	prod := aws.String("prod")
	for what, forget := range map[string]func(){
		"a flush": func() {
			must(first.apis.FlushStageAuthorizersCache(t.Context(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &here.api, StageName: prod}))(t)
		},
		"a deployment": func() {
			must(first.apis.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &here.api, StageName: prod}))(t)
		},
		"a change of the stage": func() {
			must(first.apis.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &here.api, StageName: prod, PatchOperations: []apitypes.PatchOperation{
				{Op: apitypes.OpReplace, Path: aws.String("/variables/tier"), Value: aws.String("gold")}}}))(t)
		},
	} {
		here.permit(t, "/authorizers/"+here.authorizer)
		eventually(t, "the first node lets in before "+what, func() bool { return here.get(t, "/", "allow").status == 200 })
		eventually(t, "the second node lets in before "+what, func() bool { return there.get(t, "/", "allow").status == 200 })
		here.forbid(t)
		// A function's own refusal is never remembered.
		eventually(t, "the second node knows that the function may not be asked", func() bool { return there.get(t, "/", "refuse").status == 500 })
		for name, node := range map[string]*guardedByFunction{"first": here, "second": there} {
			if got := node.get(t, "/", "allow"); got.status != 200 {
				t.Errorf("before %s the %s node does not remember: %d %s", what, name, got.status, got.body)
			}
		}
		forget()
		if got := here.get(t, "/", "allow"); got.status != 500 {
			t.Errorf("%s is not known at once to the node that made it: %d %s", what, got.status, got.body)
		}
		eventually(t, "the second node has forgotten after "+what, func() bool { return there.get(t, "/", "allow").status == 500 })
	}
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
