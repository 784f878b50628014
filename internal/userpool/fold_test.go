package userpool_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Names that a pool without case holds for one, and those that it does not:
// nothing but the case of a letter may make two names one.
func TestWhichNamesAreOne(t *testing.T) {
	w := newWorld(t)
	insensitive := w.pool(func(in *idp.CreateUserPoolInput) {
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	sensitive := w.pool(func(in *idp.CreateUserPoolInput) {
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(true)}
	})
	for name, r := range map[string]struct {
		first, second string
		same          bool
	}{
		"capitals":                    {"admin", "ADMIN", true},
		"capitals with accents":       {"élodie", "ÉLODIE", true},
		"Cyrillic capitals":           {"борис", "БОРИС", true},
		"Greek capitals":              {"μαρια", "ΜΑΡΙΑ", true},
		"dotted capital I of Turkish": {"admin", "adm\u0130n", false},
		"dotless i of Turkish":        {"admin", "adm\u0131n", false},
		"dotless i and capital I":     {"ADMIN", "adm\u0131n", false},
		"Kelvin sign":                 {"kim", "\u212aim", false},
		"Angstrom sign":               {"\u00e5ke", "\u212bke", false},
		"Ohm sign":                    {"\u03c9", "\u2126", false},
		"long s":                      {"sam", "\u017fam", false},
		"sharp s and ss":              {"stra\u00dfe", "strasse", false},
		"sharp s and SS":              {"stra\u00dfe", "STRASSE", false},
		"ligature":                    {"fiona", "\ufb01ona", false},
		"final sigma":                 {"λας", "λασ", false},
		"title-case digraph":          {"\u01c6", "\u01c5", false},
		"composed and decomposed":     {"jos\u00e9", "jose\u0301", false},
		"full-width letters":          {"ann", "\uff41\uff4e\uff4e", false},
		"Cyrillic a for Latin a":      {"paul", "p\u0430ul", false},
		"emoji with another skin":     {"\U0001f44b", "\U0001f44b\U0001f3fd", false},
		"Hebrew and a mark":           {"שלום", "שָלום", false},
	} {
		t.Run(name, func(t *testing.T) {
			w.user(insensitive, r.first)
			w.user(sensitive, r.first)
			_, err := w.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: insensitive.Id, Username: &r.second, MessageAction: "SUPPRESS"})
			if !r.same {
				must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: insensitive.Id, Username: &r.second}))(t)
			}
			if same := err != nil; same != r.same {
				t.Errorf("%q and %q are one name: %v (%v), want %v", r.first, r.second, same, err, r.same)
			}
			for _, pool := range []*types.UserPoolType{insensitive, sensitive} {
				got := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &r.first}))(t)
				if *got.Username != r.first {
					t.Errorf("asked for %q, got %q", r.first, *got.Username)
				}
				_ = w.removeUsers(pool, r.first, r.second)
			}
		})
	}
}

// removeUsers removes users by their names, those that are there.
func (w *world) removeUsers(pool *types.UserPoolType, names ...string) (last error) {
	for _, name := range names {
		_, last = w.AdminDeleteUser(w.t.Context(), &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: &name})
	}
	return last
}

// Somebody who owns a mailbox whose name only folds to another's in Unicode's
// tables must not take that person's alias with it.
func TestALookalikeAddressTakesNoAlias(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email"}
		in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	c := w.client(pool, nil)
	w.user(pool, "ann", "email", "admin@example.com", "email_verified", "true")
	for i, address := range []string{"adm\u0130n@example.com", "adm\u0131n@example.com", "\u00e0dmin@example.com"} {
		name := "mallory" + strings.Repeat("x", i)
		must(w.signUp(c, name, "email", address))(t)
		code := w.outbox.last(t).Code
		must(w.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{ClientId: c.ClientId, Username: &name, ConfirmationCode: &code, ForceAliasCreation: true}))(t)
		if who := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("admin@example.com")}))(t); *who.Username != "ann" {
			t.Fatalf("%s took admin@example.com with %q", *who.Username, address)
		}
	}
}
