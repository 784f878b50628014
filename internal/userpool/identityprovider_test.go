package userpool_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

func okta() *idp.CreateIdentityProviderInput {
	return &idp.CreateIdentityProviderInput{
		ProviderName: aws.String("Okta"), ProviderType: "OIDC",
		ProviderDetails: map[string]string{
			"client_id": "0oa1", "client_secret": "provider-secret-7Q", "attributes_request_method": "GET",
			"oidc_issuer": "https://example.okta.com", "authorize_scopes": "openid email",
		},
		AttributeMapping: map[string]string{"email": "email", "username": "sub"},
		IdpIdentifiers:   []string{"example.com", "staff"},
	}
}

func (w *world) provider(pool *types.UserPoolType, change func(*idp.CreateIdentityProviderInput)) (*types.IdentityProviderType, error) {
	in := okta()
	in.UserPoolId = pool.Id
	if change != nil {
		change(in)
	}
	out, err := w.CreateIdentityProvider(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return out.IdentityProvider, nil
}

func TestIdentityProviders(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool, other := w.pool(nil), w.pool(nil)
		made := must(w.provider(pool, nil))(t)
		if !maps.Equal(made.ProviderDetails, okta().ProviderDetails) || !maps.Equal(made.AttributeMapping, okta().AttributeMapping) {
			t.Errorf("made as %v", made)
		}
		byIdentifier := must(w.GetIdentityProviderByIdentifier(ctx, &idp.GetIdentityProviderByIdentifierInput{UserPoolId: pool.Id, IdpIdentifier: aws.String("staff")}))(t)
		if got := byIdentifier.IdentityProvider; aws.ToString(got.ProviderName) != "Okta" || got.ProviderDetails["client_secret"] != "provider-secret-7Q" {
			t.Errorf("found as %v", got)
		}

		changed := maps.Clone(okta().ProviderDetails)
		changed["client_id"] = "0oa2"
		updated := must(w.UpdateIdentityProvider(ctx, &idp.UpdateIdentityProviderInput{
			UserPoolId: pool.Id, ProviderName: aws.String("Okta"), ProviderDetails: changed, IdpIdentifiers: []string{"people"},
		}))(t).IdentityProvider
		if updated.ProviderDetails["client_id"] != "0oa2" || !maps.Equal(updated.AttributeMapping, okta().AttributeMapping) || !slices.Equal(updated.IdpIdentifiers, []string{"people"}) {
			t.Errorf("updated to %v", updated)
		}
		_, err := w.GetIdentityProviderByIdentifier(ctx, &idp.GetIdentityProviderByIdentifierInput{UserPoolId: pool.Id, IdpIdentifier: aws.String("staff")})
		refused(t, err, "ResourceNotFoundException", "Identity provider staff does not exist.")
		_, err = w.DescribeIdentityProvider(ctx, &idp.DescribeIdentityProviderInput{UserPoolId: other.Id, ProviderName: aws.String("Okta")})
		refused(t, err, "ResourceNotFoundException", "Identity provider Okta does not exist.")

		names := []string{}
		must(w.provider(pool, func(in *idp.CreateIdentityProviderInput) {
			in.ProviderName, in.IdpIdentifiers = aws.String("Auth0"), nil
		}))(t)
		pages := idp.NewListIdentityProvidersPaginator(w.Client, &idp.ListIdentityProvidersInput{UserPoolId: pool.Id, MaxResults: aws.Int32(1)})
		for pages.HasMorePages() {
			for _, p := range must(pages.NextPage(ctx))(t).Providers {
				names = append(names, aws.ToString(p.ProviderName))
			}
		}
		if !slices.Equal(names, []string{"Auth0", "Okta"}) {
			t.Errorf("listed %v", names)
		}

		must(w.DeleteIdentityProvider(ctx, &idp.DeleteIdentityProviderInput{UserPoolId: pool.Id, ProviderName: aws.String("Okta")}))(t)
		_, err = w.DeleteIdentityProvider(ctx, &idp.DeleteIdentityProviderInput{UserPoolId: pool.Id, ProviderName: aws.String("Okta")})
		refused(t, err, "ResourceNotFoundException", "")
		must(w.provider(pool, func(in *idp.CreateIdentityProviderInput) { in.IdpIdentifiers = []string{"people"} }))(t)
		must(w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id}))(t)
		if n := w.rows("user_pool_providers") + w.rows("user_pool_provider_identifiers"); n != 0 {
			t.Errorf("%d rows outlive their pool", n)
		}
	})
}

func TestIdentityProvidersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	must(w.provider(pool, nil))(t)
	for name, c := range map[string]struct {
		code   string
		change func(*idp.CreateIdentityProviderInput)
	}{
		"the same name":             {"DuplicateProviderException", func(in *idp.CreateIdentityProviderInput) { in.IdpIdentifiers = nil }},
		"the same identifier":       {"DuplicateProviderException", func(in *idp.CreateIdentityProviderInput) { in.ProviderName = aws.String("Auth0") }},
		"the pool's own name":       {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderName = aws.String("Cognito") }},
		"a name with an underscore": {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderName = aws.String("_Auth0") }},
		"a long name":               {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderName = aws.String(strings.Repeat("x", 33)) }},
		"no such type":              {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderType = "Carrier" }},
		"no issuer":                 {"", func(in *idp.CreateIdentityProviderInput) { delete(in.ProviderDetails, "oidc_issuer") }},
		"an unknown detail":         {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderDetails["thing"] = "x" }},
		"plain http": {"", func(in *idp.CreateIdentityProviderInput) {
			in.ProviderDetails["oidc_issuer"] = "http://example.okta.com"
		}},
		"a password in an address": {"", func(in *idp.CreateIdentityProviderInput) {
			in.ProviderDetails["token_url"] = "https://a:b@example.com/t"
		}},
		"scopes without openid":    {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderDetails["authorize_scopes"] = "email" }},
		"no way to ask for claims": {"", func(in *idp.CreateIdentityProviderInput) { in.ProviderDetails["attributes_request_method"] = "PUT" }},
		"an attribute that is not": {"", func(in *idp.CreateIdentityProviderInput) { in.AttributeMapping["custom:x"] = "x" }},
		"the sub":                  {"", func(in *idp.CreateIdentityProviderInput) { in.AttributeMapping["sub"] = "sub" }},
		"an identifier twice":      {"", func(in *idp.CreateIdentityProviderInput) { in.IdpIdentifiers = []string{"x", "x"} }},
		"SAML without metadata": {"", func(in *idp.CreateIdentityProviderInput) {
			in.ProviderType, in.ProviderDetails = "SAML", map[string]string{"IDPSignout": "true"}
		}},
		"Google without its secret": {"", func(in *idp.CreateIdentityProviderInput) {
			in.ProviderType, in.ProviderDetails = "Google", map[string]string{"client_id": "x", "authorize_scopes": "openid"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.provider(pool, func(in *idp.CreateIdentityProviderInput) {
				if c.code == "" {
					in.ProviderName, in.IdpIdentifiers = aws.String("Other"), nil
				}
				c.change(in)
			})
			code := c.code
			if code == "" {
				code = "InvalidParameterException"
			}
			refused(t, err, code, "")
		})
	}
	if n := w.rows("user_pool_providers"); n != 1 {
		t.Errorf("%d providers are kept", n)
	}
}

func TestAProvidersSecretLiesSealed(t *testing.T) {
	w := newWorld(t)
	must(w.provider(w.pool(nil), nil))(t)
	rows := store.NewTable(store.Schema[json.RawMessage]{Table: "user_pool_providers", Key: []store.Column[json.RawMessage]{{Name: "name", Value: func(*json.RawMessage) any { return "" }}}})
	kept := must(rows.List(context.Background(), w.db, ""))(t)
	if len(kept) != 1 {
		t.Fatalf("%d rows", len(kept))
	}
	const secret = "provider-secret-7Q"
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(`"` + secret))[:12]} {
		if bytes.Contains(*kept[0], []byte(form)) {
			t.Errorf("the row holds %q", form)
		}
	}
}

func TestClientsTakeProvidersOfTheirPoolOnly(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	must(w.provider(pool, nil))(t)
	takes := func(p *types.UserPoolType, names ...string) error {
		_, err := w.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: p.Id, ClientName: aws.String("app"), SupportedIdentityProviders: names})
		return err
	}
	if err := takes(pool, "COGNITO", "Okta"); err != nil {
		t.Error(err)
	}
	refused(t, takes(other, "Okta"), "InvalidParameterException", "The provider Okta does not exist for User Pool "+*other.Id+".")
	c := w.client(pool, nil)
	_, err := w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: c.ClientId, SupportedIdentityProviders: []string{"Auth0"}})
	refused(t, err, "InvalidParameterException", "The provider Auth0 does not exist for User Pool "+*pool.Id+".")
}
