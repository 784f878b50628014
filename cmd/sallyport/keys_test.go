package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

func TestSigningKeysAreRotatedFromAShell(t *testing.T) {
	address := freeAddress(t)
	p := serve(t, address, rootEnv, "--ephemeral")
	users, _ := clients(address)
	made, err := users.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza")})
	check(t, err)
	pool := *made.UserPool.Id
	ask := func(want int, args ...string) *program {
		t.Helper()
		asking := launch(t, []string{"SALLYPORT_LISTEN=" + address}, append(append([]string{"keys"}, args...), "--ephemeral")...)
		if code := asking.exits(t); code != want {
			t.Fatalf("%v ends with %d: %s", args, code, asking.err)
		}
		return asking
	}
	if out := ask(exitDone, "list", pool).out.String(); strings.Count(out, "signing ") != 2 || !strings.HasPrefix(out, "USE") {
		t.Errorf("it lists\n%s", out)
	}
	if out := ask(exitDone, "rotate", pool).out.String(); strings.Count(out, "waiting") != 2 {
		t.Errorf("it rotates to\n%s", out)
	}
	var report struct{ Keys []struct{ ID, State string } }
	check(t, json.Unmarshal([]byte(ask(exitDone, "rotate", pool, "--now", "--json").out.String()), &report))
	if len(report.Keys) != 2 || report.Keys[0].State != "signing" {
		t.Errorf("it replaces them by %+v", report)
	}
	if said := ask(exitUsage, "rotate", "eu-west-1_none").err.String(); !strings.Contains(said, "there is no user pool eu-west-1_none") {
		t.Errorf("of no pool it says %s", said)
	}
	ask(exitUsage, "rotate")
	p.interrupt(t)
}
