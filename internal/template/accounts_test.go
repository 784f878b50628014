package template

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/keyring"
)

// These run against the services themselves.

const people = `
Parameters:
  Password: {Type: String, NoEcho: true, Default: "Correct-horse-1"}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}}
  Regular:
    Type: AWS::Cognito::UserPoolUser
    Metadata: {Sallyport: {PermanentPassword: Generate}}
    Properties: {UserPoolId: !Ref Pool, Username: regular, MessageAction: SUPPRESS}
  Cooks: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: cooks, Precedence: 2, Description: who bakes}}
  RegularCooks: {Type: AWS::Cognito::UserPoolUserToGroupAttachment, Properties: {UserPoolId: !Ref Pool, GroupName: !Ref Cooks, Username: !Ref Regular}}
`

// changed replaces each from by its to, all of which must be there.
func changed(t testing.TB, source string, fromTo ...string) string {
	t.Helper()
	for i := 0; i < len(fromTo); i += 2 {
		if !strings.Contains(source, fromTo[i]) {
			t.Fatalf("%q is not in the template", fromTo[i])
		}
		source = strings.ReplaceAll(source, fromTo[i], fromTo[i+1])
	}
	return source
}

func signsIn(d *Deployer, client, password string) bool {
	out, err := invoke[cognito.InitiateAuthOutput](context.Background(), &deploy{Deployer: d}, cognitoIDP, "InitiateAuth", &cognito.InitiateAuthInput{
		AuthFlow: "USER_PASSWORD_AUTH", ClientId: &client, AuthParameters: map[string]string{"USERNAME": "regular", "PASSWORD": password}})
	return err == nil && out.AuthenticationResult != nil && out.AuthenticationResult.IdToken != nil
}

func groupsOf(t testing.TB, d *Deployer, pool string) (all []string) {
	t.Helper()
	out, err := invoke[cognito.AdminListGroupsForUserOutput](context.Background(), &deploy{Deployer: d}, cognitoIDP, "AdminListGroupsForUser",
		&cognito.AdminListGroupsForUserInput{UserPoolId: &pool, Username: aws.String("regular")})
	must(t, err)
	for _, g := range out.Groups {
		all = append(all, aws.ToString(g.GroupName)+": "+aws.ToString(g.Description))
	}
	slices.Sort(all)
	return all
}

func TestGroupsAreMadeChangedAndLeft(t *testing.T) {
	d, _ := services(t)
	pool := deployed(t, d, people).Pools[0].ID
	steps := []struct {
		name   string
		source string
		want   []string
	}{
		{"as it is", people, []string{"cooks: who bakes"}},
		{"another description", changed(t, people, "who bakes", "who cooks"), []string{"cooks: who cooks"}},
		{"another group, with the members of the old one", changed(t, people, "GroupName: cooks", "GroupName: bakers"), []string{"bakers: who bakes"}},
		{"back", people, []string{"cooks: who bakes"}},
		{"the membership has another name in the template", changed(t, people, "RegularCooks", "HeCooks"), []string{"cooks: who bakes"}},
		{"a group for everybody besides", people + "  All: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool}}\n", []string{"cooks: who bakes"}},
		{"no membership", changed(t, people, "  RegularCooks: {Type", "  # {Type"), nil},
	}
	for _, step := range steps {
		o := deployed(t, d, step.source)
		if got := groupsOf(t, d, pool); len(o.Left) > 0 || !slices.Equal(got, step.want) {
			t.Errorf("%s: groups %q, want %q; left %v", step.name, got, step.want, o.Left)
		}
		if again := deployed(t, d, step.source); len(again.Changes) > 0 {
			t.Errorf("%s: a second deploy changes %+v", step.name, again.Changes)
		}
	}
}

func TestAGeneratedPasswordIsKeptSealedAndShownByEachDeploy(t *testing.T) {
	d, _ := services(t)
	first := deployed(t, d, people).Pools[0]
	app, generated := first.Clients[0].ID, first.Users[0].Password
	if generated == nil || len(generated.Reveal()) != 20 || !signsIn(d, app, generated.Reveal()) {
		t.Fatal("the password that is shown does not sign in")
	}
	if again := deployed(t, d, people).Pools[0].Users[0].Password; again == nil || again.Reveal() != generated.Reveal() {
		t.Error("the second deploy does not show the same password")
	}
	given := changed(t, people, "PermanentPassword: Generate", "PermanentPassword: !Ref Password")
	if shown := deployed(t, d, given).Pools[0].Users[0].Password; shown != nil {
		t.Error("a password from a parameter is shown")
	}
	if !signsIn(d, app, "Correct-horse-1") || signsIn(d, app, generated.Reveal()) {
		t.Error("the password was not changed to the parameter's")
	}
	back := deployed(t, d, people).Pools[0].Users[0].Password
	if back == nil || back.Reveal() == generated.Reveal() || !signsIn(d, app, back.Reveal()) {
		t.Error("going back does not make up a new password")
	}
	none := changed(t, people, "    Metadata: {Sallyport: {PermanentPassword: Generate}}\n", "")
	if shown := deployed(t, d, none).Pools[0].Users[0].Password; shown != nil {
		t.Error("a password is shown that the template no longer asks for")
	}
	if !signsIn(d, app, back.Reveal()) {
		t.Error("taking the line away has taken the password away")
	}
}

func TestTheDatabaseHoldsNoGeneratedPassword(t *testing.T) {
	d, _ := services(t)
	password := deployed(t, d, people).Pools[0].Users[0].Password.Reveal()
	rows, err := resourceTable.List(context.Background(), d.Store, "")
	must(t, err)
	sealed := false
	for _, row := range rows {
		sealed = sealed || len(row.Password) > 0
		text, err := json.Marshal(row)
		must(t, err)
		if bytes.Contains(text, []byte(password)) || bytes.Contains(row.Password, []byte(password)) {
			t.Errorf("the password of %s is stored in the clear", row.LogicalID)
		}
		if _, err := d.Keys.Open(keyring.Templates, "another/"+row.Token+"/password", row.Password); err == nil {
			t.Error("a sealed password opens under another row's name")
		}
	}
	if !sealed {
		t.Error("no row keeps the password")
	}
}

func TestAPoolWithAccountsOfPeopleIsNotDeleted(t *testing.T) {
	pool := changed(t, people, "Pool: {Type: AWS::Cognito::UserPool}", "Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: x}}")
	without := "Resources: {Other: {Type: AWS::Cognito::UserPool}}"
	tests := []struct {
		name, next string
		person     bool // somebody has signed up
		refused    bool
	}{
		{"removed, with people", without, true, true},
		{"removed, with nobody but the template's users", without, false, false},
		{"replaced, with people", changed(t, pool, "UserPoolName: x", "UserPoolName: x, AliasAttributes: [email]"), true, true},
		{"replaced, with nobody but the template's users", changed(t, pool, "UserPoolName: x", "UserPoolName: x, AliasAttributes: [email]"), false, false},
		{"renamed in the template, with people", changed(t, pool, "Pool: {", "Guests: {", "!Ref Pool", "!Ref Guests"), true, true},
		{"replaced and retained", changed(t, pool, "Pool: {Type", "Pool: {UpdateReplacePolicy: Retain, Type", "UserPoolName: x", "UserPoolName: x, AliasAttributes: [email]"), true, false},
		{"changed in place", changed(t, pool, "UserPoolName: x", "UserPoolName: y"), true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			ctx, run := context.Background(), &deploy{Deployer: d}
			id := deployed(t, d, pool).Pools[0].ID
			if test.person {
				_, err := invoke[cognito.AdminCreateUserOutput](ctx, run, cognitoIDP, "AdminCreateUser",
					&cognito.AdminCreateUserInput{UserPoolId: &id, Username: aws.String("ada"), MessageAction: "SUPPRESS"})
				must(t, err)
			}
			_, err := d.Deploy(ctx, parsed(t, test.next, nil))
			if (err != nil) != test.refused {
				t.Fatalf("error %v; refused should be %v", err, test.refused)
			}
			if test.refused {
				var failed *Error
				if !errors.As(err, &failed) || !strings.Contains(err.Error(), `"ada"`) || !strings.Contains(err.Error(), "Retain") || !strings.Contains(err.Error(), "delete-user-pool --user-pool-id "+id) {
					t.Errorf("the error does not say what to do: %v", err)
				}
			}
			if test.person {
				_, err := invoke[cognito.AdminGetUserOutput](ctx, run, cognitoIDP, "AdminGetUser", &cognito.AdminGetUserInput{UserPoolId: &id, Username: aws.String("ada")})
				must(t, err)
			}
			if test.refused { // what was there before goes on, and deleting the pool by hand is the way out
				if o := deployed(t, d, pool); len(o.Changes) > 0 || o.Pools[0].ID != id {
					t.Errorf("the old template changes %+v", o.Changes)
				}
				_, err := invoke[cognito.DeleteUserPoolOutput](ctx, run, cognitoIDP, "DeleteUserPool", &cognito.DeleteUserPoolInput{UserPoolId: &id})
				must(t, err)
				deployed(t, d, test.next)
			}
		})
	}
}

func TestUsersOfTheTemplateWithAddressesDoNotCountAsPeople(t *testing.T) {
	d, _ := services(t)
	source := changed(t, people, "Pool: {Type: AWS::Cognito::UserPool}", "Pool: {Type: AWS::Cognito::UserPool, Properties: {UsernameAttributes: [email]}}",
		"Username: regular", "Username: regular@example.com")
	deployed(t, d, source)
	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
}
