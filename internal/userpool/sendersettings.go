package userpool

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
)

// kmsKeyPattern is the ARN of a key; its groups are region and account.
var kmsKeyPattern = regexp.MustCompile(`^arn:aws:kms:([a-z0-9-]+):([0-9]{12}):key/[0-9a-f-]{36}$`)

// setSenders holds the pool's custom senders and their key together.
func (p *Pool) setSenders(l *types.LambdaConfigType) error {
	if deref(l.KMSKeyID) == "" {
		l.KMSKeyID = nil
	}
	if s := l.CustomEmailSender; s != nil && (deref(s.LambdaArn) == "" || s.LambdaVersion != types.CustomEmailSenderLambdaVersionTypeV10) {
		return invalid(textSenderVersion("CustomEmailSender"))
	}
	if s := l.CustomSMSSender; s != nil && (deref(s.LambdaArn) == "" || s.LambdaVersion != types.CustomSMSSenderLambdaVersionTypeV10) {
		return invalid(textSenderVersion("CustomSMSSender"))
	}
	if l.KMSKeyID == nil {
		if l.CustomEmailSender != nil || l.CustomSMSSender != nil {
			return invalid(textSenderKey)
		}
		return nil
	}
	switch parts := kmsKeyPattern.FindStringSubmatch(*l.KMSKeyID); {
	case parts == nil:
		return invalid(textBadKMSKey)
	case parts[1] != p.Region:
		return invalid(textKMSKeyElsewhere)
	}
	return nil
}

// mayUseKey refuses a caller who may not give the pool its KMS key. before is the
// pool's configuration so far, whose key was given already.
func (s *Service) mayUseKey(ctx context.Context, call *access.Call, before, in *types.LambdaConfigType) error {
	if in == nil || deref(in.KMSKeyID) == "" || before != nil && deref(before.KMSKeyID) == *in.KMSKeyID {
		return nil
	}
	parts := kmsKeyPattern.FindStringSubmatch(*in.KMSKeyID)
	switch {
	case parts == nil:
		return invalid(textBadKMSKey)
	case parts[2] != s.account:
		return invalid(textKMSKeyForeign)
	}
	err := s.kms.MayGrant(ctx, call, *in.KMSKeyID, "cognito-idp")
	if refusal, ok := errors.AsType[smithy.APIError](err); ok && refusal.ErrorCode() != "AccessDeniedException" { // it is not there, or not to be used
		return invalid(refusal.ErrorMessage())
	}
	return err
}
