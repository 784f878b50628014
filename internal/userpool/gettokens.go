package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// GetTokensFromRefreshToken gives new tokens for a refresh token and, if the
// client rotates them, a new refresh token of the same expiry.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
func (s *Service) GetTokensFromRefreshToken(ctx context.Context, call *access.Call, in *idp.GetTokensFromRefreshTokenInput) (*idp.GetTokensFromRefreshTokenOutput, error) {
	p, c, err := s.anyClient(in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := c.proveSecret(deref(in.ClientSecret)); err != nil {
		return nil, s.refused(call, "client secret", err)
	}
	if !c.rotates() && !c.mayRefresh() {
		return nil, invalid(textFlowDisabled("REFRESH_TOKEN_AUTH"))
	}
	a := attempt{pool: p, client: c, address: call.Source, metadata: in.ClientMetadata, handsOn: true}
	g, generation, err := s.readGrant(ctx, deref(in.RefreshToken), p, c, call.Time)
	if err != nil {
		return nil, s.refused(call, "refresh token", err)
	}
	u, err := s.holder(ctx, g)
	if err != nil {
		return nil, s.refused(call, "refresh token", err)
	}
	// Tokens before rotation: if they cannot be made, the client still has a
	// refresh token that works.
	result, err := s.renew(ctx, call, a, g, u, deref(in.DeviceKey))
	if err != nil {
		return nil, err
	}
	if c.rotates() {
		next, err := s.rotate(ctx, g, generation, c, call.Time)
		if err != nil {
			return nil, s.refused(call, "refresh token", err)
		}
		result.RefreshToken = &next
	}
	call.Record.Note("refresh token", audit.Passed, "user "+u.Sub, call.Time)
	return &idp.GetTokensFromRefreshTokenOutput{AuthenticationResult: result}, nil
}

// proveSecret checks a client secret that comes as it is.
func (c *clientState) proveSecret(given string) error {
	switch {
	case c.checkSecret(given):
		return nil
	case given == "":
		return notAuthorized(textSecretMissing(c.ID))
	default:
		return notAuthorized(textSecretWrong(c.ID))
	}
}
