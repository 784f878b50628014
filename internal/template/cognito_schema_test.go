package template

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const withSchema = `Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: people
      Schema:
        - {Name: email, AttributeDataType: String, Required: true}
        - {Name: team, AttributeDataType: String, StringAttributeConstraints: {MinLength: "1", MaxLength: "20"}} # team
        - {Name: age, AttributeDataType: Number, Mutable: false, NumberAttributeConstraints: {MaxValue: "150"}}
        # more
`

const more = `- {Name: shoe, AttributeDataType: Number}
        - {Name: key, AttributeDataType: String, DeveloperOnlyAttribute: true}`

// attributesOf are the names of a pool's custom attributes.
func attributesOf(t *testing.T, d *Deployer, id string) string {
	t.Helper()
	var all []string
	for _, a := range describedPool(t, d, id).SchemaAttributes {
		if isCustom(aws.ToString(a.Name)) {
			all = append(all, aws.ToString(a.Name))
		}
	}
	return strings.Join(all, " ")
}

func withAda(t *testing.T, d *Deployer, pool string) {
	t.Helper()
	call[cognito.AdminCreateUserOutput](t, d, cognitoIDP, "AdminCreateUser", &cognito.AdminCreateUserInput{
		UserPoolId: &pool, Username: aws.String("ada"), MessageAction: "SUPPRESS",
		UserAttributes: []cognitotypes.AttributeType{{Name: aws.String("email"), Value: aws.String("ada@example.com")}},
	})
}

func TestAPoolGainsAttributesAndKeepsItsUsers(t *testing.T) {
	d, _ := services(t)
	id := deployed(t, d, withSchema).Pools[0].ID
	withAda(t, d, id)
	next := changed(t, withSchema, "# more", more)
	o := deployed(t, d, next)
	if o.Pools[0].ID != id || len(o.Changes) != 1 || o.Changes[0].Action != Updated {
		t.Fatalf("the pool is not updated in place: %+v", o.Changes)
	}
	if got, want := attributesOf(t, d, id), "custom:team custom:age custom:shoe dev:custom:key"; got != want {
		t.Errorf("the pool has %s, want %s", got, want)
	}
	call[cognito.AdminUpdateUserAttributesOutput](t, d, cognitoIDP, "AdminUpdateUserAttributes", &cognito.AdminUpdateUserAttributesInput{
		UserPoolId: &id, Username: aws.String("ada"), UserAttributes: []cognitotypes.AttributeType{{Name: aws.String("custom:shoe"), Value: aws.String("38")}},
	})
	if again := deployed(t, d, next); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	// What the rules leave unsaid can be said, and the other way around.
	said := changed(t, next, "Required: true}", `Required: true, Mutable: true, DeveloperOnlyAttribute: false, StringAttributeConstraints: {MinLength: "0", MaxLength: "2048"}}
        - {Name: birthdate, AttributeDataType: String}
        - {Name: sub}`)
	if o := deployed(t, d, said); o.Pools[0].ID != id {
		t.Error("the pool is another one")
	}
}

// A schema of a pool whose template named none can be begun, and what somebody added by hand can be taken up.
func TestASchemaTakesUpWhatThePoolHas(t *testing.T) {
	d, _ := services(t)
	bare := "Resources: {Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: people}}}"
	id := deployed(t, d, bare).Pools[0].ID
	call[cognito.AddCustomAttributesOutput](t, d, cognitoIDP, "AddCustomAttributes", &cognito.AddCustomAttributesInput{
		UserPoolId: &id, CustomAttributes: []cognitotypes.SchemaAttributeType{{Name: aws.String("by"), AttributeDataType: "Boolean"}}})
	deployed(t, d, changed(t, bare, "people", "guests")) // what the template is silent about stays
	o := deployed(t, d, changed(t, bare, "UserPoolName: people", "Schema: [{Name: by, AttributeDataType: Boolean}, {Name: at, AttributeDataType: DateTime}]"))
	if got := attributesOf(t, d, id); o.Pools[0].ID != id || got != "custom:by custom:at" {
		t.Errorf("the pool has %s", got)
	}
}

func TestAttributesAreNotChangedOrRemoved(t *testing.T) {
	var many strings.Builder
	for i := range 49 {
		many.WriteString("- {Name: n" + strconv.Itoa(i) + ", AttributeDataType: String}\n        ")
	}
	team := `- {Name: team, AttributeDataType: String, StringAttributeConstraints: {MinLength: "1", MaxLength: "20"}} # team`
	email := "- {Name: email, AttributeDataType: String, Required: true}"
	for _, c := range []struct{ name, from, to, says string }{
		{"removed", team, "", "does not list custom:team"},
		{"renamed", "Name: team", "Name: crew", "does not list custom:team"},
		{"longer", `"20"`, `"30"`, "MaxLength of custom:team"},
		{"no longer bounded", `{MinLength: "1", MaxLength: "20"}`, "{}", "MaxLength and MinLength of custom:team"},
		{"another type", "Name: age, AttributeDataType: Number", "Name: age, AttributeDataType: String", "AttributeDataType of custom:age"},
		{"mutable", "Mutable: false", "Mutable: true", "Mutable of custom:age"},
		{"for developers", "Name: age,", "Name: age, DeveloperOnlyAttribute: true,", "does not list custom:age"},
		{"a greater number", `"150"`, `"151"`, "MaxValue of custom:age"},
		{"required afterwards", "# more", "- {Name: name, Required: true}", "Required of name"},
		{"immutable afterwards", "# more", "- {Name: name, Mutable: false}", "Mutable of name"},
		{"no longer required", email, "- {Name: email}", "Required of email"},
		{"a standard one left out", email, "", "Required of email"},
		{"named twice", "# more", "- {Name: age, AttributeDataType: Number, Mutable: false}", "names custom:age twice"},
		{"too many", "# more", many.String(), "51 custom attributes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := services(t)
			id := deployed(t, d, withSchema).Pools[0].ID
			// The rest of the template waits too.
			next := changed(t, withSchema, c.from, c.to, "Resources:\n", "Resources:\n  Another: {Type: AWS::Cognito::UserPool}\n", "UserPoolName: people", "UserPoolName: guests")
			_, err := d.Deploy(context.Background(), parsed(t, next, nil))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %q", err, c.says)
			}
			if !strings.Contains(c.says, "twice") && !strings.Contains(c.says, "51") && !strings.Contains(err.Error(), "cannot be changed or removed") {
				t.Errorf("it does not say why: %v", err)
			}
			pools := call[cognito.ListUserPoolsOutput](t, d, cognitoIDP, "ListUserPools", &cognito.ListUserPoolsInput{MaxResults: aws.Int32(10)}).UserPools
			if len(pools) != 1 || *pools[0].Name != "people" || attributesOf(t, d, id) != "custom:team custom:age" {
				t.Errorf("something was touched: %d pools, %s", len(pools), attributesOf(t, d, id))
			}
			if again := deployed(t, d, withSchema); len(again.Changes) > 0 {
				t.Errorf("the old template changes %+v", again.Changes)
			}
		})
	}
}

// A pool that is made anew for another reason has whatever schema it likes.
func TestANewPoolHasANewSchema(t *testing.T) {
	d, _ := services(t)
	id := deployed(t, d, withSchema).Pools[0].ID
	o := deployed(t, d, changed(t, withSchema, "Name: team", "Name: crew", "UserPoolName: people", "UserPoolName: guests\n      AliasAttributes: [email]"))
	if o.Pools[0].ID == id {
		t.Error("the pool is the same")
	}
}

func TestAttributesAreAddedOnceAfterAKill(t *testing.T) {
	next := changed(t, withSchema, "# more", more)
	for _, then := range []string{next, withSchema} { // taken up, or given up
		for k := 1; ; k++ {
			d, _ := services(t)
			id := deployed(t, d, withSchema).Pools[0].ID
			withAda(t, d, id)
			done := deployedOrKilled(t, d, next, k)
			if !done || then == next {
				deployed(t, d, then)
			}
			if o := deployed(t, d, next); o.Pools[0].ID != id {
				t.Fatalf("killed after call %d: the pool is another one", k)
			}
			if got := attributesOf(t, d, id); got != "custom:team custom:age custom:shoe dev:custom:key" {
				t.Errorf("killed after call %d: the pool has %s", k, got)
			}
			if again := deployed(t, d, next); len(again.Changes) > 0 {
				t.Errorf("killed after call %d: a second deploy changes %+v", k, again.Changes)
			}
			if done {
				break
			}
		}
	}
}
