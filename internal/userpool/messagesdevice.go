package userpool

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// What clients see of refresh tokens that rotate. The words are AWS's in kind only.
const (
	textRefreshReused   = "Refresh Token has been invalidated by rotation"
	textRotationAndFlow = "ALLOW_REFRESH_TOKEN_AUTH cannot be used together with refresh token rotation."
)

func textSecretMissing(id string) string {
	return "Client " + id + " is configured for secret but secret was not received"
}
func textSecretWrong(id string) string { return "Unable to verify secret for client " + id }

func refreshReused() error {
	text := textRefreshReused
	return &types.RefreshTokenReuseException{Message: &text}
}

func isReuse(err error) bool {
	var reuse *types.RefreshTokenReuseException
	return errors.As(err, &reuse)
}
