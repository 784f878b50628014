package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestThePersonWhoTriesItReadsTheOutbox(t *testing.T) {
	address := freeAddress(t)
	p := serve(t, address, rootEnv, "--ephemeral")
	users, _ := clients(address)
	pool, err := users.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza"), AutoVerifiedAttributes: []idptypes.VerifiedAttributeType{"email"}})
	check(t, err)
	client, err := users.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{UserPoolId: pool.UserPool.Id, ClientName: aws.String("web")})
	check(t, err)
	signUp := func(name, mail string) {
		t.Helper()
		_, err := users.SignUp(t.Context(), &idp.SignUpInput{ClientId: client.UserPoolClient.ClientId, Username: &name, Password: aws.String("Correct-Horse-7"),
			UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: &mail}}})
		check(t, err)
	}
	listen := []string{"SALLYPORT_LISTEN=" + address}
	ask := func(args ...string) *program {
		t.Helper()
		asking := launch(t, listen, append([]string{"outbox", "--ephemeral"}, args...)...)
		if code := asking.exits(t); code != exitDone {
			t.Fatalf("%v ends with %d: %s", args, code, asking.err)
		}
		return asking
	}
	if empty := ask(); empty.out.String() != "" || empty.err.String() != "nothing was sent\n" {
		t.Errorf("of nothing it prints %s%s", empty.out, empty.err)
	}
	following := launch(t, listen, "outbox", "--follow", "--ephemeral")
	signUp("ann", "ann@example.com")
	signUp("bob", "bob@example.com")
	following.shows(t, "", "ann@example.com", "bob@example.com")

	var m struct{ Code, To string }
	check(t, json.Unmarshal([]byte(ask("--to", "ann@example.com", "--json").out.String()), &m))
	if _, err := users.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{ClientId: client.UserPoolClient.ClientId, Username: aws.String("ann"), ConfirmationCode: &m.Code}); err != nil {
		t.Errorf("the code that it shows is answered %v", err)
	}
	all := ask().out.String()
	line := "email to ann@example.com  sign-up of ann in " + *pool.UserPool.Id + "  code " + m.Code + "\n    Your verification code\n    Your verification code is " + m.Code + "\n"
	if !strings.Contains(all, line) || strings.Index(all, "ann@") > strings.Index(all, "bob@") {
		t.Errorf("it prints\n%s", all)
	}
	signUp("cleo", "cleo@example.com")
	if shown := following.shows(t, "", "cleo@example.com"); strings.Count(shown, "to ann@example.com") != 1 {
		t.Errorf("while following it prints\n%s", shown)
	}
	following.interrupt(t)
	p.interrupt(t)
	if asking := launch(t, listen, "outbox", "--ephemeral"); asking.exits(t) != exitFailed || !strings.Contains(asking.err.String(), "no server answers at") {
		t.Errorf("without a server it says %s", asking.err)
	}
}

// What people write into messages must not steer the operator's terminal.
func TestAMessageCannotSteerATerminal(t *testing.T) {
	var out strings.Builder
	o := outboxOptions{}
	check(t, o.show(&out, json.RawMessage(`{"channel":"email","to":"\u001b[2J@x.org","username":"\u202ebob","subject":"a\u0007","body":"one\r\ntwo\u001b]0;x\u0007"}`)))
	for _, bad := range []string{"\x1b", "\a", "\u202e", "\r"} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("%q comes through", bad)
		}
	}
	if !strings.Contains(out.String(), "    one\n    two") {
		t.Errorf("it prints %s", out.String())
	}
}
