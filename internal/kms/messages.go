package kms

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// What clients read.

const (
	textLockout     = "The new key policy will not allow you to update the key policy in the future."
	textEitherSize  = "Please specify either number of bytes or key spec."
	textDryRun      = "The request would have succeeded, but the DryRun option is set."
	textWrongKey    = "The key ID in the request does not identify a CMK that can perform this operation."
	textAWSAlias    = "Alias names that begin with alias/aws/ are reserved"
	textAliasForm   = "Alias must start with the prefix \"alias/\" and contain only alphanumeric characters, forward slashes, underscores and dashes."
	textBadMarker   = "The marker is not valid."
	textPolicyName  = "No such policy exists"
	textTagTwice    = "Duplicate tag keys: tags that differ in case alone are one to policies."
	textReservedTag = "Tag keys beginning with aws: are reserved."
	textTooManyTags = "Too many tags"
)

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.NotFoundException{Message: &text}
}

func (s *Service) noKey(region, id string) error {
	return notFound("Key '%s' does not exist", s.keyARN(region, id))
}

func (s *Service) noAlias(region, name string) error {
	return notFound("Alias %s is not found.", s.aliasARN(region, name))
}

func wrongState(arn string, state types.KeyState) error {
	if state == types.KeyStateDisabled {
		text := arn + " is disabled."
		return &types.DisabledException{Message: &text}
	}
	text := arn + " is pending deletion."
	if state == types.KeyStateEnabled {
		text = arn + " is not pending deletion."
	}
	return &types.KMSInvalidStateException{Message: &text}
}

func unsupported(what string) error {
	text := what + " is not supported by Sallyport"
	return &types.UnsupportedOperationException{Message: &text}
}

func malformedPolicy(text string) error {
	return &types.MalformedPolicyDocumentException{Message: &text}
}

func badCiphertext() error { return &types.InvalidCiphertextException{} }

func badTag(text string) error { return &types.TagException{Message: &text} }

func tooMany(text string) error { return &types.LimitExceededException{Message: &text} }
