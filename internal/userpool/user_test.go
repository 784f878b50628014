package userpool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

// rows counts what is in a table, of whatever owner.
func (w *world) rows(table string) int64 {
	w.t.Helper()
	none := store.NewTable(store.Schema[struct{}]{Table: table, Key: []store.Column[struct{}]{{Name: "id", Value: func(*struct{}) any { return "" }}}})
	return must(none.Count(context.Background(), w.db, ""))(w.t)
}

func (w *world) create(pool *types.UserPoolType, name string, attributes ...string) error {
	_, err := w.AdminCreateUser(context.Background(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: &name, MessageAction: "SUPPRESS", UserAttributes: pairs(attributes)})
	return err
}

func TestUsersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	plain := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{
			{Name: aws.String("level"), AttributeDataType: "Number", NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("1"), MaxValue: aws.String("9")}},
			{Name: aws.String("code"), AttributeDataType: "String", StringAttributeConstraints: &types.StringAttributeConstraintsType{MaxLength: aws.String("3")}},
		}
	})
	folding := w.pool(func(in *idp.CreateUserPoolInput) {
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	aliases := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email", "phone_number", "preferred_username"}
	})
	mails := w.pool(func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
	for _, err := range []error{
		w.create(plain, "ann"), w.create(folding, "Ann"),
		w.create(aliases, "ann", "email", "ann@example.com", "email_verified", "true", "preferred_username", "annie"),
		w.create(mails, "ann@example.com"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name       string
		pool       *types.UserPoolType
		user       string
		attributes []string
		code, text string
	}{
		{"taken", plain, "ann", nil, "UsernameExistsException", "User account already exists"},
		{"taken in another case", folding, "aNN", nil, "UsernameExistsException", ""},
		{"space", plain, "a b", nil, "InvalidParameterException", ""},
		{"control character", plain, "a\x07b", nil, "InvalidParameterException", ""},
		{"too long", plain, strings.Repeat("x", 129), nil, "InvalidParameterException", ""},
		{"bad mail", plain, "bob", []string{"email", "not-an-address"}, "InvalidParameterException", "Invalid email address format."},
		{"mail with a name", plain, "bob", []string{"email", "Bob <bob@example.com>"}, "InvalidParameterException", "Invalid email address format."},
		{"bad phone", plain, "bob", []string{"phone_number", "0123"}, "InvalidParameterException", "Invalid phone number format."},
		{"unknown attribute", plain, "bob", []string{"shoe", "42"}, "InvalidParameterException", "Attributes did not conform to the schema: Type for attribute {shoe} could not be determined"},
		{"sub", plain, "bob", []string{"sub", "x"}, "InvalidParameterException", ""},
		{"number out of range", plain, "bob", []string{"custom:level", "10"}, "InvalidParameterException", ""},
		{"no number", plain, "bob", []string{"custom:level", "high"}, "InvalidParameterException", ""},
		{"text too long", plain, "bob", []string{"custom:code", "four"}, "InvalidParameterException", ""},
		{"enormous", plain, "bob", []string{"name", strings.Repeat("x", 2049)}, "InvalidParameterException", ""},
		{"twice", plain, "bob", []string{"name", "a", "name", "b"}, "InvalidParameterException", ""},
		{"bad birthdate", plain, "bob", []string{"birthdate", "1990-02-31"}, "InvalidParameterException", ""},
		{"address of another", aliases, "bob", []string{"email", "ann@example.com", "email_verified", "true"}, "AliasExistsException", "An account with the email already exists."},
		{"name that is another's alias", aliases, "annie", nil, "UsernameExistsException", ""},
		{"alias that is another's name", aliases, "bob", []string{"preferred_username", "ann"}, "AliasExistsException", ""},
		{"name like an address", aliases, "bob@example.com", nil, "InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias."},
		{"name like a number", aliases, "+123456", nil, "InvalidParameterException", ""},
		{"name that must be an address", mails, "bob", nil, "InvalidParameterException", "Username should be an email."},
		{"address taken", mails, "ann@example.com", nil, "UsernameExistsException", ""},
		{"two addresses", mails, "bob@example.com", []string{"email", "eve@example.com"}, "InvalidParameterException", ""},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, w.create(c.pool, c.user, c.attributes...), c.code, c.text) })
	}
	for _, name := range []string{"日本", "🍕", "ɑnn"} {
		if err := w.create(plain, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSigningInByAlias(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email", "preferred_username"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	client := w.client(pool, nil)
	ann := w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true", "preferred_username", "annie")
	w.user(pool, "eve", "email", "ann@example.com") // not verified: not an alias
	for _, name := range []string{"ann", "ANN", "Ann@Example.com", "annie", *ann.Attributes[slices.IndexFunc(ann.Attributes, func(a types.AttributeType) bool { return *a.Name == "sub" })].Value} {
		_, claims := w.claims(*pool.Id, *w.tokens(client, name).AccessToken)
		if claims["username"] != "ann" {
			t.Errorf("%s signed in as %v", name, claims["username"])
		}
	}
	// A changed address is not verified, so it is no alias any more, and the old one neither.
	must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"email", "new@example.com"})}))(t)
	for _, name := range []string{"ann@example.com", "new@example.com"} {
		_, err := w.signIn(client, name, password)
		refused(t, err, "UserNotFoundException", "")
	}
	// Eve's address becomes hers by verification; Ann cannot take it back by saying so.
	must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("eve"), UserAttributes: pairs([]string{"email_verified", "true"})}))(t)
	_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"email", "ANN@example.com", "email_verified", "true"})})
	refused(t, err, "AliasExistsException", "An account with the email already exists.")
	must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("zoe"), MessageAction: "SUPPRESS", ForceAliasCreation: true, UserAttributes: pairs([]string{"email", "ann@example.com", "email_verified", "true"})}))(t)
	if u := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann@example.com")}))(t); *u.Username != "zoe" {
		t.Errorf("the alias is %s's", *u.Username)
	}
}

func TestUserNamesThatAreAddresses(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.user(pool, "ann@example.com")
	_, claims := w.claims(*pool.Id, *w.tokens(client, "ann@example.com").IdToken)
	if claims["cognito:username"] != claims["sub"] || claims["email"] != "ann@example.com" {
		t.Errorf("claims %v", claims)
	}
}

func TestConcurrentCreationsOfOneName(t *testing.T) {
	onEveryEngine(t, concurrentCreationsOfOneName)
}

func concurrentCreationsOfOneName(t *testing.T, w *world) {
	pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} })
	for name, make := range map[string]func(i int) error{
		"UsernameExistsException": func(i int) error { return w.create(pool, "ann") },
		"AliasExistsException": func(i int) error {
			return w.create(pool, fmt.Sprintf("bob%d", i), "email", "bob@example.com", "email_verified", "true")
		},
	} {
		var group sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 8 {
			group.Go(func() {
				err := make(i)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					refused(t, err, name, "")
				}
			})
		}
		group.Wait()
		if won != 1 {
			t.Errorf("%d creations won, want 1", won)
		}
	}
}

func TestConcurrentChangesLoseNothing(t *testing.T) {
	onEveryEngine(t, concurrentChangesLoseNothing)
}

func concurrentChangesLoseNothing(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(nil)
	w.user(pool, "ann")
	attributes := []string{"name", "given_name", "family_name", "nickname", "profile", "website"}
	var group sync.WaitGroup
	for _, a := range attributes {
		group.Go(func() {
			must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{a, "set"})}))(t)
		})
	}
	group.Wait()
	if u := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t); len(u.UserAttributes) != len(attributes)+1 {
		t.Errorf("%d attributes are left, want %d", len(u.UserAttributes), len(attributes)+1)
	}
}

func TestAttributeUpdates(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: aws.String("name"), Required: aws.Bool(true)}, {Name: aws.String("born"), AttributeDataType: "String", Mutable: aws.Bool(false)}}
	})
	w.user(pool, "ann", "name", "Ann", "custom:born", "here", "nickname", "a", "email", "ann@example.com", "email_verified", "true")
	update := func(attributes ...string) error {
		_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs(attributes)})
		return err
	}
	refused(t, update("custom:born", "there"), "InvalidParameterException", "user.custom:born: Attribute cannot be updated.\n")
	refused(t, update("name", ""), "InvalidParameterException", "Attributes did not conform to the schema: name: The attribute is required")
	refused(t, update("sub", "x"), "InvalidParameterException", "")
	refused(t, update("custom:none", ""), "InvalidParameterException", "")
	if err := update("nickname", "", "email", "new@example.com"); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, a := range must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t).UserAttributes {
		got[*a.Name] = *a.Value
	}
	if _, has := got["nickname"]; has || got["email_verified"] != "false" || got["email"] != "new@example.com" {
		t.Errorf("attributes %v", got)
	}
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, nil)
	invite := func(action types.MessageActionType) error {
		_, err := w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), MessageAction: action, UserAttributes: pairs([]string{"email", "ann@example.com"}), DesiredDeliveryMediums: []types.DeliveryMediumType{"EMAIL"}})
		return err
	}
	refused(t, invite("RESEND"), "UserNotFoundException", "")
	if err := invite(""); err != nil {
		t.Fatal(err)
	}
	first := w.outbox.last(t)
	if first.To != "ann@example.com" || first.Channel != "email" || !strings.Contains(first.Body, first.Code) || !strings.Contains(first.Body, "ann") {
		t.Errorf("message %+v", first)
	}
	if err := invite("RESEND"); err != nil {
		t.Fatal(err)
	}
	second := w.outbox.last(t)
	_, err := w.signIn(client, "ann", first.Code)
	refused(t, err, "NotAuthorizedException", "")
	if out := must(w.signIn(client, "ann", second.Code))(t); out.ChallengeName != "NEW_PASSWORD_REQUIRED" {
		t.Errorf("got %+v", out)
	}
	must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String(password), Permanent: true}))(t)
	refused(t, invite("RESEND"), "UnsupportedUserStateException", "")
}

func TestListUsersFiltersAndPages(t *testing.T) {
	onEveryEngine(t, listUsersFiltersAndPages)
}

func listUsersFiltersAndPages(t *testing.T, w *world) {
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	for i := range 7 {
		if err := w.create(pool, fmt.Sprintf("user%d", i), "email", fmt.Sprintf("user%d@example.com", i), "family_name", []string{"Baker", "Bäcker"}[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.create(other, "user0"); err != nil {
		t.Fatal(err)
	}
	must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("user3")}))(t)
	for filter, want := range map[string]int{
		``: 7, `email = "user3@example.com"`: 1, `email="user3@example.com"`: 1, `email ^= "user"`: 7, `email ^= "user3"`: 1, `email = "user"`: 0,
		`username ^= "user"`: 7, `username = "user0"`: 1, `family_name = "Bäcker"`: 3, `family_name ^= "B"`: 7, `family_name ^= "Bä"`: 3, `name = "x"`: 0,
		`status = "Disabled"`: 1, `status = "Enabled"`: 6, `cognito:user_status = "FORCE_CHANGE_PASSWORD"`: 7, `cognito:user_status = "CONFIRMED"`: 0, `cognito:user_status = "EXTERNAL_PROVIDER"`: 0, `cognito:user_status ^= "FORCE"`: 7, `email ^= ""`: 7,
	} {
		got := map[string]bool{}
		pages := idp.NewListUsersPaginator(w, &idp.ListUsersInput{UserPoolId: pool.Id, Filter: aws.String(filter), Limit: aws.Int32(2)})
		for pages.HasMorePages() {
			for _, u := range must(pages.NextPage(ctx))(t).Users {
				got[*u.Username] = true
			}
		}
		if len(got) != want {
			t.Errorf("%s: %d users, want %d", filter, len(got), want)
		}
	}
	for _, filter := range []string{`email`, `email = x`, `email ^ "x"`, `custom:a = "x"`, `email = "x" or 1=1`, `email = "x`, `status = "maybe"`, `= "x"`, "email = \"\x00\""} {
		_, err := w.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: pool.Id, Filter: &filter})
		refused(t, err, "InvalidParameterException", "")
	}
	page := must(w.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: pool.Id, Limit: aws.Int32(2), AttributesToGet: []string{"email"}}))(t)
	if len(page.Users[0].Attributes) != 1 {
		t.Errorf("attributes %v, want email alone", page.Users[0].Attributes)
	}
	_, err := w.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: other.Id, PaginationToken: page.PaginationToken})
	refused(t, err, "InvalidParameterException", "Invalid pagination token provided.")
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	bakers := aws.String("bakers")
	w.user(pool, "ann")
	must(w.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool.Id, GroupName: bakers, Description: aws.String("who bakes")}))(t)
	_, err := w.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool.Id, GroupName: bakers})
	refused(t, err, "GroupExistsException", "A group with the name already exists.")
	_, err = w.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool.Id, GroupName: aws.String("a b")})
	refused(t, err, "InvalidParameterException", "")
	for range 2 {
		must(w.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool.Id, GroupName: bakers, Username: aws.String("ann")}))(t)
	}
	_, err = w.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool.Id, GroupName: aws.String("none"), Username: aws.String("ann")})
	refused(t, err, "ResourceNotFoundException", "Group not found.")
	_, err = w.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool.Id, GroupName: bakers, Username: aws.String("nobody")})
	refused(t, err, "UserNotFoundException", "")
	if got := must(w.ListUsersInGroup(ctx, &idp.ListUsersInGroupInput{UserPoolId: pool.Id, GroupName: bakers}))(t).Users; len(got) != 1 || *got[0].Username != "ann" {
		t.Errorf("users %+v", got)
	}
	if got := must(w.AdminListGroupsForUser(ctx, &idp.AdminListGroupsForUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t).Groups; len(got) != 1 || *got[0].GroupName != "bakers" {
		t.Errorf("groups %+v", got)
	}
	if got := must(w.UpdateGroup(ctx, &idp.UpdateGroupInput{UserPoolId: pool.Id, GroupName: bakers, Precedence: aws.Int32(3)}))(t).Group; *got.Precedence != 3 || *got.Description != "who bakes" {
		t.Errorf("group %+v", got)
	}
	must(w.DeleteGroup(ctx, &idp.DeleteGroupInput{UserPoolId: pool.Id, GroupName: bakers}))(t)
	if got := must(w.AdminListGroupsForUser(ctx, &idp.AdminListGroupsForUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t).Groups; len(got) != 0 {
		t.Errorf("groups %+v", got)
	}
	// A group of the old name is a new group: nobody is in it.
	must(w.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool.Id, GroupName: bakers}))(t)
	if got := must(w.ListUsersInGroup(ctx, &idp.ListUsersInGroupInput{UserPoolId: pool.Id, GroupName: bakers}))(t).Users; len(got) != 0 {
		t.Errorf("users %+v", got)
	}
}
