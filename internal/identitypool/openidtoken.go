package identitypool

import (
	"context"
	"time"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
)

const (
	// Issuer is the iss of every identity pool's tokens, as at AWS.
	Issuer = "https://cognito-identity.amazonaws.com"
	// ownProvider is the login key under which a developer's token is shown.
	ownProvider = "cognito-identity.amazonaws.com"
	// tagsClaim carries principal tags into sts:AssumeRoleWithWebIdentity.
	tagsClaim = "https://aws.amazon.com/tags"

	tokenLife          = 10 * time.Minute
	developerTokenLife = 15 * time.Minute
)

// GetOpenIdToken is the basic flow: logins for a token with which
// sts:AssumeRoleWithWebIdentity gives credentials of any role that trusts it. It
// lives 10 minutes.
// https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html
func (s *Service) GetOpenIdToken(ctx context.Context, call *access.Call, in *ci.GetOpenIdTokenInput) (*ci.GetOpenIdTokenOutput, error) {
	i, p, err := s.identityAndPool(ctx, deref(in.IdentityId))
	if err != nil {
		return nil, err
	}
	if !p.Classic {
		return nil, refused(call, "the pool does not allow the basic flow", invalid(textNoClassicFlow))
	}
	if _, own := in.Logins[ownProvider]; own { // a token that makes tokens would never die
		return nil, refused(call, "a developer's token goes to STS itself", notAuthorized(textNotSupported))
	}
	i, p, logins, err := s.open(ctx, call, i.ID, in.Logins)
	if err != nil {
		return nil, err
	}
	tags, err := p.sessionTags(logins)
	if err != nil {
		return nil, refused(call, "the principal tags are too long, too many, or contradict each other", err)
	}
	token, err := s.issue(ctx, call, p, i, logins, tags, tokenLife)
	if err != nil {
		return nil, err
	}
	return &ci.GetOpenIdTokenOutput{IdentityId: &i.ID, Token: &token}, nil
}

// issue makes the token of an identity.
func (s *Service) issue(ctx context.Context, call *access.Call, p *Pool, i *Identity, logins []login, tags map[string]string, life time.Duration) (string, error) {
	key, err := s.signer(ctx, call.Time)
	if err != nil {
		return "", err
	}
	claims := map[string]any{
		"iss": Issuer, "sub": i.ID, "aud": p.ID, "amr": methods(p, logins),
		"iat": call.Time.Unix(), "exp": call.Time.Add(life).Unix(),
	}
	if len(tags) > 0 {
		// Lists of one, as sts:AssumeRoleWithWebIdentity reads them:
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
		lists := map[string][]string{}
		for k, v := range tags {
			lists[k] = []string{v}
		}
		claims[tagsClaim] = map[string]any{"principal_tags": lists}
	}
	return key.key.Sign(s.random, claims)
}
