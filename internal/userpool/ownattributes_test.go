package userpool_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (w *world) update(token *string, attributes ...string) (string, error) {
	out, err := w.UpdateUserAttributes(context.Background(), &idp.UpdateUserAttributesInput{AccessToken: token, UserAttributes: pairs(attributes)})
	if err != nil {
		return "", err
	}
	var sent []string
	for _, d := range out.CodeDeliveryDetailsList {
		sent = append(sent, details(&d))
	}
	return strings.Join(sent, ", "), nil
}

// updates is update that must not be refused, and says which codes were sent.
func (w *world) updates(token *string, want string, attributes ...string) {
	w.t.Helper()
	if got := must(w.update(token, attributes...))(w.t); got != want {
		w.t.Errorf("codes went out as %q, want %q", got, want)
	}
}

func TestAnAddressThatChangesIsProvedAgain(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(func(in *idp.CreateUserPoolInput) {
			mailing(in)
			in.AliasAttributes = []types.AliasAttributeType{"email"}
		})
		c := w.client(pool, nil)
		w.proved(pool, "ann")
		token := w.tokens(c, "ann").AccessToken
		w.updates(token, "", "name", "Ann", "phone_number", "+15555551234") // phones are not verified here
		w.updates(token, "", "email", "ann@example.com")                    // nothing changes
		w.updates(token, "email EMAIL n***@e***", "email", "new@example.com")
		m := w.outbox.last(t)
		if m.To != "new@example.com" || m.Purpose != "attribute-verification" {
			t.Errorf("got %+v", m)
		}
		if now, verified := w.attribute(pool, "ann", "email"), w.attribute(pool, "ann", "email_verified"); now != "new@example.com" || verified != "false" {
			t.Errorf("it is %s, verified %s", now, verified)
		}
		for _, name := range []string{"ann@example.com", "new@example.com"} { // the one is hers no longer, the other not yet
			_, err := w.signIn(c, name, password)
			refused(t, err, "UserNotFoundException", "")
		}
		_, err := w.forgot(c, "ann")
		refused(t, err, "InvalidParameterException", "")
		if err := w.verify(token, "email", m.Code); err != nil {
			t.Fatal(err)
		}
		w.tokens(c, "new@example.com")

		// A code that was on its way to an address before is worth nothing.
		w.updates(token, "email EMAIL o***@e***", "email", "one@example.com")
		first := w.outbox.last(t).Code
		w.updates(token, "email EMAIL t***@e***", "email", "two@example.com")
		if first != w.outbox.last(t).Code {
			refused(t, w.verify(token, "email", first), "CodeMismatchException", wrongCode)
		}
		must(w.AdminUpdateUserAttributes(t.Context(), &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"email", "ann@example.com", "email_verified", "true"})}))(t)
		refused(t, w.verify(token, "email", w.outbox.last(t).Code), "ExpiredCodeException", noCode)
		must(w.AdminUpdateUserAttributes(t.Context(), &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"email", "three@example.com"})}))(t)
		if m := w.outbox.last(t); m.To != "three@example.com" {
			t.Errorf("got %+v", m)
		}
		if err := w.verify(token, "email", w.outbox.last(t).Code); err != nil {
			t.Error(err)
		}
	})
}

func TestWhereAddressesAreProvedFirst(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.UsernameAttributes = []types.UsernameAttributeType{"email"}
		in.UserAttributeUpdateSettings = &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}}
	})
	c := w.client(pool, nil)
	for _, name := range []string{"ann@example.com", "bob@example.com"} {
		w.user(pool, name, "email_verified", "true")
	}
	token := w.tokens(c, "ann@example.com").AccessToken
	w.updates(token, "email EMAIL n***@e***", "email", "new@example.com", "name", "Ann")
	if now, name := w.attribute(pool, "ann@example.com", "email"), w.attribute(pool, "ann@example.com", "name"); now != "ann@example.com" || name != "Ann" {
		t.Errorf("the address is %s, the name %s", now, name)
	}
	if got := w.attribute(pool, "ann@example.com", "email_verified"); got != "true" {
		t.Errorf("the old address is verified: %s", got)
	}
	if d := must(w.askCode(token, "email"))(t); details(d) != "email EMAIL n***@e***" { // to the one that waits
		t.Errorf("got %s", details(d))
	}
	if err := w.verify(token, "email", w.outbox.last(t).Code); err != nil {
		t.Fatal(err)
	}
	if now := w.attribute(pool, "new@example.com", "email"); now != "new@example.com" {
		t.Errorf("it is %s", now)
	}
	w.tokens(c, "new@example.com")
	_, err := w.signIn(c, "ann@example.com", password)
	refused(t, err, "UserNotFoundException", "")

	// Asking for somebody's address tells nothing; proving it does not take it.
	w.updates(token, "email EMAIL b***@e***", "email", "bob@example.com")
	refused(t, w.verify(token, "email", w.outbox.last(t).Code), "AliasExistsException", "An account with the email already exists.")
	w.updates(token, "email EMAIL x***@e***", "email", "x@example.com")
	w.updates(token, "", "email", "new@example.com") // and back again
	refused(t, w.verify(token, "email", w.outbox.last(t).Code), "ExpiredCodeException", noCode)
}

func TestNobodyTakesAnAddressByChangingTheirs(t *testing.T) {
	w := newWorld(t)
	aliases := w.pool(func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.AliasAttributes = []types.AliasAttributeType{"email", "preferred_username"}
	})
	names := w.pool(func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
	ac, nc := w.client(aliases, nil), w.client(names, nil)
	w.proved(aliases, "victim")
	w.proved(aliases, "thief")
	token := w.tokens(ac, "thief").AccessToken
	w.updates(token, "email EMAIL v***@e***", "email", "victim@example.com")
	if u := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: aliases.Id, Username: aws.String("victim@example.com")}))(t); *u.Username != "victim" {
		t.Errorf("the address is %s's", *u.Username)
	}
	must(w.forgot(ac, "victim@example.com"))(t)
	if m := w.outbox.last(t); m.Username != "victim" {
		t.Errorf("a code for the victim went to %s", m.Username)
	}
	_, err := w.update(token, "preferred_username", "victim")
	refused(t, err, "AliasExistsException", "")
	_, err = w.update(token, "preferred_username", "victim@example.com")
	refused(t, err, "AliasExistsException", "")
	_, err = w.update(token, "email_verified", "true")
	refused(t, err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")

	w.user(names, "victim@example.com")
	w.user(names, "thief@example.com")
	_, err = w.update(w.tokens(nc, "thief@example.com").AccessToken, "email", "victim@example.com")
	refused(t, err, "AliasExistsException", "An account with the email already exists.")
	w.tokens(nc, "thief@example.com") // and nothing has changed
}

func TestOwnAttributesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.Schema = []types.SchemaAttributeType{
			{Name: aws.String("email"), Required: aws.Bool(true)},
			{Name: aws.String("once"), AttributeDataType: "String", Mutable: aws.Bool(false)},
			{Name: aws.String("level"), AttributeDataType: "Number"},
		}
	})
	narrow := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.WriteAttributes = []string{"email", "custom:once"} })
	wide := w.client(pool, nil)
	w.proved(pool, "ann")
	token, all := w.tokens(narrow, "ann").AccessToken, w.tokens(wide, "ann").AccessToken
	for name, r := range map[string]struct {
		token      *string
		attributes []string
		code, text string
	}{
		"not the client's":   {token, []string{"name", "Ann"}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"custom":             {all, []string{"custom:level", "9"}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"fixed":              {token, []string{"custom:once", "x"}, "InvalidParameterException", "user.custom:once: Attribute cannot be updated.\n"},
		"required":           {token, []string{"email", ""}, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required"},
		"bad mail":           {token, []string{"email", "ann"}, "InvalidParameterException", "Invalid email address format."},
		"unknown":            {all, []string{"shoe", "42"}, "InvalidParameterException", ""},
		"twice":              {all, []string{"name", "a", "name", "b"}, "InvalidParameterException", ""},
		"sub":                {all, []string{"sub", "x"}, "NotAuthorizedException", ""},
		"enormous":           {all, []string{"name", strings.Repeat("🍕", 2049)}, "InvalidParameterException", ""},
		"no token":           {aws.String("x"), []string{"name", "a"}, "NotAuthorizedException", "Invalid Access Token"},
		"the rest of a list": {all, []string{"name", "Eve", "email", "nowhere"}, "InvalidParameterException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.update(r.token, r.attributes...)
			refused(t, err, r.code, r.text)
		})
	}
	remove := func(token *string, names ...string) error {
		_, err := w.DeleteUserAttributes(context.Background(), &idp.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: names})
		return err
	}
	refused(t, remove(all, "email"), "InvalidParameterException", "")
	refused(t, remove(all, "email_verified"), "NotAuthorizedException", "")
	refused(t, remove(token, "name"), "NotAuthorizedException", "")
	refused(t, remove(all, "shoe"), "InvalidParameterException", "")
	w.updates(all, "", "name", "🍕 דוד علي")
	if got := w.attribute(pool, "ann", "name"); got != "🍕 דוד علي" {
		t.Errorf("the name is %q", got)
	}
	if err := remove(all, "name"); err != nil || w.attribute(pool, "ann", "name") != "" {
		t.Errorf("%v; the name is %q", err, w.attribute(pool, "ann", "name"))
	}
	_, err := w.askCode(all, "phone_number")
	refused(t, err, "InvalidParameterException", "User does not have a value for phone_number")
	_, err = w.askCode(all, "name")
	refused(t, err, "InvalidParameterException", "")
}

func TestAttributeCodesAreLimited(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mailing)
	c := w.client(pool, nil)
	w.proved(pool, "ann")
	token := w.tokens(c, "ann").AccessToken
	for range 3 {
		must(w.askCode(token, "email"))(t)
	}
	for _, address := range []string{"a@example.com", "b@example.com"} { // changing the address is no way round
		must(w.update(token, "email", address))(t)
	}
	_, err := w.update(token, "email", "c@example.com")
	refused(t, err, "LimitExceededException", tooOften)
	_, err = w.askCode(token, "email")
	refused(t, err, "LimitExceededException", tooOften)
	w.updates(token, "", "name", "Ann")
	code := w.outbox.last(t).Code
	for i := range 15 {
		refused(t, w.verify(token, "email", notThe(code, i)), "CodeMismatchException", wrongCode)
	}
	refused(t, w.verify(token, "email", code), "LimitExceededException", tooOften)
	w.clock.Advance(time.Hour)
	token = w.tokens(c, "ann").AccessToken
	refused(t, w.verify(token, "email", code), "ExpiredCodeException", noCode)
}

func TestAPersonLeaves(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mailing)
	c := w.client(pool, nil)
	w.proved(pool, "ann")
	tokens := w.tokens(c, "ann")
	must(w.askCode(tokens.AccessToken, "email"))(t)
	in := &idp.DeleteUserInput{AccessToken: tokens.AccessToken}
	must(w.DeleteUser(t.Context(), in))(t)
	for _, table := range []string{"user_pool_users", "user_pool_names", "user_pool_search", "user_pool_grants", "user_pool_codes"} {
		if n := w.rows(table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	_, err := w.DeleteUser(t.Context(), in)
	refused(t, err, "UserNotFoundException", "")
	w.proved(pool, "ann") // another one, whom the old token does not reach
	_, err = w.DeleteUser(t.Context(), in)
	refused(t, err, "UserNotFoundException", "")
}
