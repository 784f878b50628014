package identitypool

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/verify"
)

func unreachable() error {
	text := textUnreachable
	return &types.ExternalServiceException{Message: &text}
}

// proveOpenID takes an ID token of an OpenID Connect provider of the account.
func (s *Service) proveOpenID(ctx context.Context, call *access.Call, arn, token string) (login, error) {
	t, err := s.providers.OpenID(ctx, arn, token)
	if err != nil {
		return login{}, tokenRefusal(call, err, token, false)
	}
	if t.Use() == "access" { // of a user pool that is registered as a provider
		return login{}, refusal{notAuthorized(textNotIDToken), "it is an access token"}
	}
	return login{provider: openIDName(arn), subject: t.Subject(), kind: byOpenID, names: []string{arn, openIDName(arn)}, claims: tokenClaims(t)}, nil
}

// proveSAML takes a response of a SAML provider of the account.
func (s *Service) proveSAML(ctx context.Context, call *access.Call, arn, response string) (login, error) {
	a, err := s.providers.SAML(ctx, arn, response, call.Time)
	switch {
	case errors.Is(err, ErrNoProvider):
		return login{}, refusal{notAuthorized(textNotSupported), err.Error()}
	case err != nil:
		return login{}, refusal{notAuthorized(textNotSAML), err.Error()}
	}
	return login{provider: arn, subject: a.Subject, kind: bySAML, names: []string{arn}, claims: attributeClaims(a.Attributes)}, nil
}

// attributeClaims reads attributes of an assertion, which does not tell a list of
// one from a text.
func attributeClaims(attributes map[string][]string) claims {
	return func(name string) claim {
		values := attributes[name]
		return claim{values, len(values) > 1}
	}
}

// publicProvider is one that everybody knows, by its login key.
type publicProvider struct {
	issuer string
	keys   verify.KeySource
	now    verify.ClockOption
}

// publicProviders are those whose tokens anyone can check. Facebook, Login with
// Amazon, Twitter and Digits hand out access tokens that only their own servers
// can tell from forged ones: a pool may name them, and their logins are refused.
func publicProviders(c Config) (map[string]publicProvider, error) {
	all := map[string]publicProvider{}
	for key, place := range map[string]struct{ issuer, keys string }{
		"accounts.google.com": {"https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs"},
		"appleid.apple.com":   {"https://appleid.apple.com", "https://appleid.apple.com/auth/keys"},
	} {
		p := publicProvider{issuer: place.issuer, keys: c.PublicKeys[key], now: verify.WithClock(c.Clock.Now)}
		if p.keys == nil {
			remote, err := verify.NewRemoteKeys(place.keys, p.now) // asks nobody before the first token
			if err != nil {
				return nil, err
			}
			p.keys = remote
		}
		all[key] = p
	}
	return all, nil
}

// provePublic takes an ID token of Google or Apple for the pool's client there.
func (s *Service) provePublic(ctx context.Context, call *access.Call, key, clientID, token string) (login, error) {
	provider, ok := s.public[key]
	if !ok {
		return login{}, refusal{notAuthorized(key + textOpaque), "its tokens cannot be checked here"}
	}
	v, err := verify.NewJWT(provider.issuer, verify.Clients(clientID), provider.keys, provider.now)
	if err != nil {
		return login{}, err
	}
	t, err := v.Verify(ctx, token)
	if err != nil {
		return login{}, tokenRefusal(call, err, token, false)
	}
	return login{provider: key, subject: t.Subject(), kind: byOpenID, names: []string{key}, claims: tokenClaims(t)}, nil
}
