package userpool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// attributed is a pool with attributes of each kind.
func attributed(in *idp.CreateUserPoolInput) {
	custom := func(name string, kind types.AttributeDataType) types.SchemaAttributeType {
		return types.SchemaAttributeType{Name: &name, AttributeDataType: kind}
	}
	number, short, fixed, secret := custom("number", "Number"), custom("short", "String"), custom("fixed", "String"), custom("secret", "String")
	number.NumberAttributeConstraints = &types.NumberAttributeConstraintsType{MinValue: aws.String("-5"), MaxValue: aws.String("5")}
	short.StringAttributeConstraints = &types.StringAttributeConstraintsType{MinLength: aws.String("2"), MaxLength: aws.String("4")}
	fixed.Mutable = aws.Bool(false)
	secret.DeveloperOnlyAttribute = aws.Bool(true)
	in.Schema = []types.SchemaAttributeType{
		number, short, fixed, secret, custom("day", "DateTime"), custom("flag", "Boolean"), custom("text", "String"),
		{Name: aws.String("name"), Required: aws.Bool(true)},
	}
	in.AliasAttributes = []types.AliasAttributeType{"email", "phone_number", "preferred_username"}
	in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
}

func TestAdministratorsRemoveAttributes(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(attributed)
		w.user(pool, "ann", "name", "Ann", "email", "ann@example.com", "email_verified", "true", "preferred_username", "annie",
			"custom:text", "x", "custom:fixed", "y", "dev:custom:secret", "z", "nickname", "n")
		remove := func(names ...string) error {
			_, err := w.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributeNames: names})
			return err
		}
		for name, text := range map[string]string{
			"sub": "user.sub: Attribute cannot be updated.\n", "identities": "user.identities: Attribute cannot be updated.\n",
			"name":            "Attributes did not conform to the schema: name: The attribute is required",
			"custom:fixed":    "user.custom:fixed: Attribute cannot be updated.\n",
			"custom:secret":   "Invalid user attributes: user.custom:secret: Attribute does not exist in the schema.\n",
			"text":            "Invalid user attributes: user.text: Attribute does not exist in the schema.\n",
			"custom:text\x00": "",
		} {
			refused(t, remove("nickname", name), "InvalidParameterException", text)
		}
		if w.attribute(pool, "ann", "nickname") != "n" {
			t.Error("a call that was refused removed something")
		}
		if err := remove("email", "custom:text", "dev:custom:secret", "preferred_username", "nickname", "birthdate", "nickname"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"email", "email_verified", "custom:text", "dev:custom:secret", "preferred_username", "nickname"} {
			if v := w.attribute(pool, "ann", name); v != "" {
				t.Errorf("%s is still %q", name, v)
			}
		}
		// The names that they were are free again.
		w.user(pool, "bob", "name", "Bob", "email", "ann@example.com", "email_verified", "true", "preferred_username", "annie")
		_, err := w.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("zoe"), UserAttributeNames: []string{"email"}})
		refused(t, err, "UserNotFoundException", "User does not exist.")

		byMail := w.pool(func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
		w.user(byMail, "ann@example.com")
		_, err = w.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{UserPoolId: byMail.Id, Username: aws.String("ann@example.com"), UserAttributeNames: []string{"email"}})
		refused(t, err, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required")
	})
}

// A code that waits for an address must not bring it back.
func TestACodeForARemovedAddressIsWorthless(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(attributed)
	c := w.client(pool, nil)
	w.user(pool, "ann", "name", "Ann")
	token := w.tokens(c, "ann").AccessToken
	must(w.update(token, "email", "ann@example.com"))(t)
	code := w.outbox.last(t).Code
	must(w.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributeNames: []string{"email"}}))(t)
	refused(t, w.verify(token, "email", code), "ExpiredCodeException", "")
	if v := w.attribute(pool, "ann", "email_verified"); v != "" {
		t.Errorf("email_verified is %q", v)
	}
}

func TestWhatAttributesMayHold(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(attributed)
	w.user(pool, "ann", "name", "Ann")
	enormous := strings.Repeat("x", 2048)
	for _, c := range []struct {
		name, value string
		good        bool
	}{
		{"custom:number", "5", true}, {"custom:number", "-5", true}, {"custom:number", "6", false}, {"custom:number", "1.5", false},
		{"custom:number", "five", false}, {"custom:number", "99999999999999999999", false}, {"custom:number", "٣", false},
		{"custom:short", "ab", true}, {"custom:short", "abcd", true}, {"custom:short", "a", false}, {"custom:short", "abcde", false},
		{"custom:short", "👋🏽👋🏽", true}, {"custom:short", "👋🏽👋🏽👋🏽", false},
		{"custom:day", "2024-02-29T10:00:00Z", true}, {"custom:day", "1700000000", true}, {"custom:day", "2023-02-29T10:00:00Z", false}, {"custom:day", "tomorrow", false},
		{"custom:flag", "true", true}, {"custom:flag", "FALSE", true}, {"custom:flag", "yes", false}, {"custom:flag", "1", false},
		{"custom:text", enormous, true}, {"custom:text", enormous + "x", false}, {"custom:text", strings.Repeat("👋", 2048), true}, {"custom:text", strings.Repeat("👋", 2049), false},
		{"name", "שלום עולם \u202e abc", true}, {"name", "𝕬𝖓𝖓 👩‍👩‍👧‍👦", true}, {"name", "a\x00b", false}, {"name", strings.Repeat("\U0001f468", 100_000), false},
		{"birthdate", "2024-02-29", true}, {"birthdate", "2023-02-29", false}, {"birthdate", "1", false},
		{"updated_at", "0", true}, {"updated_at", "-1", false},
		{"phone_number", "+12065550100", true}, {"phone_number", "12065550100", false}, {"phone_number", "+1 206 555", false}, {"phone_number", "+" + strings.Repeat("1", 16), false},
		{"email", "ann@example.com", true}, {"email", "ann", false}, {"email", "ann@example.com, bob@example.com", false}, {"email", "Ann <ann@example.com>", false},
		{"email", "ann@example.com\r\nBcc: bob@example.com", false}, {"email", strings.Repeat("a", 250) + "@example.com", false},
		{"email_verified", "maybe", false}, {"preferred_username", "an n", false}, {"preferred_username", "\u202enna", false},
		{"custom:unknown", "x", false}, {"dev:custom:secret", "x", true}, {"custom:secret", "x", false}, {"custom:fixed", "x", false}, {"sub", "x", false}, {"identities", "[]", false},
	} {
		_, err := w.AdminUpdateUserAttributes(t.Context(), &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{c.name, c.value})})
		short := fmt.Sprintf("%s = %.40q", c.name, c.value)
		switch {
		case c.good && err != nil:
			t.Errorf("%s: %v", short, err)
		case c.good && w.attribute(pool, "ann", c.name) != c.value:
			t.Errorf("%s was kept as %q", short, w.attribute(pool, "ann", c.name))
		case !c.good:
			t.Run(short, func(t *testing.T) { refused(t, err, "InvalidParameterException", "") })
		}
	}
}

// What only developers may see, no client reads or writes.
func TestAttributesOfDevelopersStayWithThem(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(attributed)
	c := w.client(pool, nil)
	w.user(pool, "ann", "name", "Ann", "dev:custom:secret", "z")
	tokens := w.tokens(c, "ann")
	if _, claims := w.claims(*pool.Id, *tokens.IdToken); claims["dev:custom:secret"] != nil {
		t.Error("a token tells it")
	}
	for _, a := range must(w.GetUser(t.Context(), &idp.GetUserInput{AccessToken: tokens.AccessToken}))(t).UserAttributes {
		if *a.Name == "dev:custom:secret" {
			t.Error("GetUser tells it")
		}
	}
	_, err := w.update(tokens.AccessToken, "dev:custom:secret", "mine")
	refused(t, err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	_, err = w.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("x"), ReadAttributes: []string{"dev:custom:secret"}})
	refused(t, err, "InvalidParameterException", "")
}

func TestAddingAttributes(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	some := func(from, n int) (list []types.SchemaAttributeType) {
		for i := range n {
			list = append(list, types.SchemaAttributeType{Name: aws.String(fmt.Sprint("a", from+i)), AttributeDataType: "String"})
		}
		return list
	}
	add := func(list []types.SchemaAttributeType) error {
		_, err := w.AddCustomAttributes(t.Context(), &idp.AddCustomAttributesInput{UserPoolId: pool.Id, CustomAttributes: list})
		return err
	}
	refused(t, add(some(0, 26)), "InvalidParameterException", "CustomAttributes must have 1 to 25 attributes.")
	refused(t, add([]types.SchemaAttributeType{}), "InvalidParameterException", "CustomAttributes must have 1 to 25 attributes.")
	for _, from := range []int{0, 25} {
		if err := add(some(from, 25)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, add(some(50, 1)), "LimitExceededException", "")
	refused(t, add(some(3, 1)), "InvalidParameterException", "custom:a3: Existing attribute already has name custom:a3.")
	if n := len(must(w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.SchemaAttributes); n != 21+50 {
		t.Errorf("%d attributes", n)
	}
}

func TestEachAttributeThatIsNotThereIsNamed(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.user(pool, "ann")
	_, err := w.AdminDeleteUserAttributes(context.Background(), &idp.AdminDeleteUserAttributesInput{
		UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributeNames: []string{"custom:a", "nickname", "custom:b"},
	})
	refused(t, err, "InvalidParameterException", "Invalid user attributes: user.custom:a: Attribute does not exist in the schema.\nuser.custom:b: Attribute does not exist in the schema.\n")
	_, err = w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{ClientId: w.client(pool, nil).ClientId, AuthFlow: "NO_SUCH_FLOW"})
	refused(t, err, "InvalidParameterException", "1 validation error detected: Value 'NO_SUCH_FLOW' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]")
}
