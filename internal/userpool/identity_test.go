package userpool_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (w *world) link(pool *types.UserPoolType, name, provider, subject string) error {
	_, err := w.AdminLinkProviderForUser(w.t.Context(), &idp.AdminLinkProviderForUserInput{
		UserPoolId:      pool.Id,
		DestinationUser: &types.ProviderUserIdentifierType{ProviderName: aws.String("Cognito"), ProviderAttributeValue: &name},
		SourceUser:      &types.ProviderUserIdentifierType{ProviderName: &provider, ProviderAttributeName: aws.String("Cognito_Subject"), ProviderAttributeValue: &subject},
	})
	return err
}

func (w *world) unlink(pool *types.UserPoolType, provider, subject string) error {
	_, err := w.AdminDisableProviderForUser(w.t.Context(), &idp.AdminDisableProviderForUserInput{
		UserPoolId: pool.Id,
		User:       &types.ProviderUserIdentifierType{ProviderName: &provider, ProviderAttributeName: aws.String("Cognito_Subject"), ProviderAttributeValue: &subject},
	})
	return err
}

// provided is a pool with social providers.
func (w *world) provided(change func(*idp.CreateUserPoolInput)) *types.UserPoolType {
	w.t.Helper()
	pool := w.pool(change)
	for _, kind := range []types.IdentityProviderTypeType{"Google", "Facebook", "LoginWithAmazon"} {
		must(w.CreateIdentityProvider(w.t.Context(), &idp.CreateIdentityProviderInput{
			UserPoolId: pool.Id, ProviderName: aws.String(string(kind)), ProviderType: kind,
			ProviderDetails: map[string]string{"client_id": "pizza", "client_secret": "very-secret", "authorize_scopes": "openid"},
		}))(w.t)
	}
	return pool
}

func TestAnIdentityElsewhereIsOneUsers(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool, other := w.provided(nil), w.provided(nil)
		c := w.client(pool, nil)
		w.user(pool, "ann", "email", "ann@example.com")
		w.user(pool, "bob")
		w.user(other, "ann")
		if err := w.link(pool, "ann", "Google", "1048"); err != nil {
			t.Fatal(err)
		}
		var kept []map[string]any
		if err := json.Unmarshal([]byte(w.attribute(pool, "ann", "identities")), &kept); err != nil {
			t.Fatal(err)
		}
		created, _ := kept[0]["dateCreated"].(float64)
		delete(kept[0], "dateCreated")
		if got, want := fmt.Sprint(kept), "[map[issuer:<nil> primary:false providerName:Google providerType:Google userId:1048]]"; got != want || created == 0 {
			t.Errorf("identities are %s of %v, want %s", got, created, want)
		}
		_, claims := w.claims(*pool.Id, *w.tokens(c, "ann").IdToken)
		claim := claims["identities"].([]any)[0].(map[string]any)
		if claim["dateCreated"] != fmt.Sprintf("%.0f", created) {
			t.Errorf("the claim says %v", claim["dateCreated"])
		}
		delete(claim, "dateCreated")
		if got, want := fmt.Sprint(claim), "map[issuer:<nil> primary:false providerName:Google providerType:Google userId:1048]"; got != want || claim["primary"] != "false" {
			t.Errorf("the claim is %s, want %s", got, want)
		}

		refused(t, w.link(pool, "ann", "Google", "1048"), "InvalidParameterException", "SourceUser is already linked to DestinationUser")
		refused(t, w.link(pool, "bob", "Google", "1048"), "AliasExistsException", "SourceUser is already linked to another user")
		if v := w.attribute(pool, "bob", "identities"); v != "" {
			t.Errorf("what was refused is kept: %s", v)
		}
		if err := w.link(other, "ann", "Google", "1048"); err != nil {
			t.Errorf("another pool: %v", err)
		}
		for i := range 4 {
			if err := w.link(pool, "ann", "Facebook", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, w.link(pool, "ann", "LoginWithAmazon", "6"), "LimitExceededException", "")

		refused(t, w.unlink(pool, "Google", "9999"), "UserNotFoundException", "")
		if err := w.unlink(pool, "Google", "1048"); err != nil {
			t.Fatal(err)
		}
		refused(t, w.unlink(pool, "Google", "1048"), "UserNotFoundException", "")
		if err := w.link(pool, "bob", "Google", "1048"); err != nil {
			t.Errorf("an identity that is nobody's: %v", err)
		}
		for i := range 4 {
			if err := w.unlink(pool, "Facebook", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		if v := w.attribute(pool, "ann", "identities"); v != "" {
			t.Errorf("identities without one are %q", v)
		}
		// With its provider a link is gone: who has the name next may be somebody else.
		for i := range 3 {
			if err := w.link(pool, "ann", "Facebook", fmt.Sprint("f", i)); err != nil {
				t.Fatal(err)
			}
		}
		must(w.DeleteIdentityProvider(t.Context(), &idp.DeleteIdentityProviderInput{UserPoolId: pool.Id, ProviderName: aws.String("Facebook")}))(t)
		if v := w.attribute(pool, "ann", "identities"); v != "" {
			t.Errorf("identities at a provider that is gone: %q", v)
		}
		refused(t, w.link(pool, "ann", "Facebook", "f0"), "ResourceNotFoundException", "")

		// With its user an identity is free again.
		_ = w.removeUsers(pool, "bob")
		if err := w.link(pool, "ann", "Google", "1048"); err != nil {
			t.Error(err)
		}
		must(w.DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: pool.Id}))(t)
		if n := w.rows("user_pool_identities"); n != 1 {
			t.Errorf("%d identities are left, want the one of the other pool", n)
		}
	})
}

func TestOfManyWhoAreToHaveAnIdentityOneHasIt(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.provided(nil)
		var linked atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			name := fmt.Sprint("user", i)
			w.user(pool, name)
			all.Go(func() {
				if w.link(pool, name, "Google", "1048") == nil {
					linked.Add(1)
				}
			})
		}
		all.Wait()
		with := 0
		for i := range 8 {
			if w.attribute(pool, fmt.Sprint("user", i), "identities") != "" {
				with++
			}
		}
		if linked.Load() != 1 || with != 1 {
			t.Errorf("%d calls succeeded, %d users have it", linked.Load(), with)
		}
	})
}

func TestLinksThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.provided(attributed)
	w.user(pool, "ann", "name", "Ann", "email", "ann@example.com", "email_verified", "true")
	w.user(pool, "fixed", "name", "Ann", "custom:fixed", "x")
	w.user(pool, "Google_2", "name", "Ann")
	for name, c := range map[string]struct {
		change     func(to, from *types.ProviderUserIdentifierType)
		code, text string
	}{
		"a provider of one's own": {func(_, from *types.ProviderUserIdentifierType) { from.ProviderName = aws.String("Okta") }, "ResourceNotFoundException", "Identity provider Okta does not exist."},
		"no provider":             {func(_, from *types.ProviderUserIdentifierType) { from.ProviderName = nil }, "ResourceNotFoundException", ""},
		"the pool itself":         {func(_, from *types.ProviderUserIdentifierType) { from.ProviderName = aws.String("Cognito") }, "InvalidParameterException", ""},
		"by another attribute":    {func(_, from *types.ProviderUserIdentifierType) { from.ProviderAttributeName = aws.String("email") }, "InvalidParameterException", ""},
		"nobody there":            {func(_, from *types.ProviderUserIdentifierType) { from.ProviderAttributeValue = aws.String("") }, "InvalidParameterException", ""},
		"an enormous name": {func(_, from *types.ProviderUserIdentifierType) {
			from.ProviderAttributeValue = aws.String(fmt.Sprintf("%0300d", 0))
		}, "InvalidParameterException", ""},
		"who is a user already": {func(_, from *types.ProviderUserIdentifierType) { from.ProviderAttributeValue = aws.String("2") }, "InvalidParameterException", "SourceUser is a user of this user pool already"},
		"to nobody":             {func(to, _ *types.ProviderUserIdentifierType) { to.ProviderAttributeValue = aws.String("zoe") }, "UserNotFoundException", ""},
		"to an alias": {func(to, _ *types.ProviderUserIdentifierType) {
			to.ProviderAttributeValue = aws.String("ann@example.com")
		}, "UserNotFoundException", ""},
		"to who came from elsewhere":  {func(to, _ *types.ProviderUserIdentifierType) { to.ProviderName = aws.String("Google") }, "UserNotFoundException", ""},
		"to who has fixed attributes": {func(to, _ *types.ProviderUserIdentifierType) { to.ProviderAttributeValue = aws.String("fixed") }, "InvalidParameterException", "The attributes of DestinationUser must be mutable: custom:fixed"},
	} {
		t.Run(name, func(t *testing.T) {
			to := &types.ProviderUserIdentifierType{ProviderName: aws.String("Cognito"), ProviderAttributeValue: aws.String("ann")}
			from := &types.ProviderUserIdentifierType{ProviderName: aws.String("Google"), ProviderAttributeName: aws.String("Cognito_Subject"), ProviderAttributeValue: aws.String("1")}
			c.change(to, from)
			_, err := w.AdminLinkProviderForUser(t.Context(), &idp.AdminLinkProviderForUserInput{UserPoolId: pool.Id, DestinationUser: to, SourceUser: from})
			refused(t, err, c.code, c.text)
		})
	}
	if v := w.attribute(pool, "ann", "identities"); v != "" {
		t.Errorf("something was linked: %s", v)
	}
	refused(t, w.unlink(pool, "Cognito", "ann"), "InvalidParameterException", "")
}
