package userpool

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// What clients see of devices and of refresh tokens that rotate. That a device
// does not exist was seen in the field, and clients look for it; the others are
// AWS's in kind only.
const (
	textRefreshReused   = "Refresh Token has been invalidated by rotation"
	textRotationAndFlow = "ALLOW_REFRESH_TOKEN_AUTH cannot be used together with refresh token rotation."

	textNoDevice        = "Device does not exist."
	textDeviceExists    = "Device already exists."
	textNoTracking      = "Device tracking is not configured for the user pool."
	textBadDeviceSecret = "Salt and PasswordVerifier must be the base64 of a salt and of a verifier of the group."
	textBadDeviceName   = "DeviceName must have 1 to 1024 characters."
	textBadDeviceStatus = "DeviceRememberedStatus must be remembered or not_remembered."
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

func noDevice() error { return noResource(textNoDevice) }

func deviceExists() error {
	text := textDeviceExists
	return &types.DeviceKeyExistsException{Message: &text}
}
