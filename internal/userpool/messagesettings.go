package userpool

import (
	"slices"
	"strings"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// checkShown holds what is only kept and shown to the rules of the wire, so that
// a mistake shows now and not when it comes into use.
func checkShown(in *idp.UpdateUserPoolInput) error {
	if in.AccountRecoverySetting != nil {
		for _, m := range in.AccountRecoverySetting.RecoveryMechanisms {
			if !slices.Contains(m.Name.Values(), m.Name) {
				return invalid("AccountRecoverySetting may name verified_email, verified_phone_number and admin_only only.")
			}
		}
	}
	if in.UserAttributeUpdateSettings != nil {
		for _, a := range in.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate {
			if !slices.Contains(in.AutoVerifiedAttributes, a) {
				return invalid("AttributesRequireVerificationBeforeUpdate may name attributes of AutoVerifiedAttributes only.")
			}
		}
	}
	if err := checkMail(in.EmailConfiguration); err != nil {
		return err
	}
	if in.SmsConfiguration != nil && !strings.HasPrefix(deref(in.SmsConfiguration.SnsCallerArn), "arn:") {
		return invalid("SnsCallerArn must be the ARN of a role.")
	}
	texts := []*string{in.EmailVerificationMessage, in.SmsVerificationMessage, in.SmsAuthenticationMessage}
	short := []*string{in.EmailVerificationSubject, in.SmsVerificationMessage, in.SmsAuthenticationMessage}
	long := []*string{in.EmailVerificationMessage}
	if t := in.VerificationMessageTemplate; t != nil {
		if t.DefaultEmailOption != "" && !slices.Contains(t.DefaultEmailOption.Values(), t.DefaultEmailOption) {
			return invalid("DefaultEmailOption must be CONFIRM_WITH_CODE or CONFIRM_WITH_LINK.")
		}
		texts = append(texts, t.EmailMessage, t.SmsMessage)
		short, long = append(short, t.EmailSubject, t.SmsMessage, t.EmailSubjectByLink), append(long, t.EmailMessage, t.EmailMessageByLink)
		if t.EmailMessageByLink != nil && !linkPlace.MatchString(*t.EmailMessageByLink) {
			return invalid(textNoLinkPlace)
		}
	}
	for _, text := range short {
		if utf8.RuneCountInString(deref(text)) > 140 {
			return invalid("A subject and the text of an SMS may have 140 characters.")
		}
	}
	for _, text := range long {
		if utf8.RuneCountInString(deref(text)) > 20000 {
			return invalid("The text of an e-mail may have 20000 characters.")
		}
	}
	for _, text := range texts {
		if text != nil && !strings.Contains(*text, "{####}") {
			return invalid("A message that brings a code must contain {####}.")
		}
	}
	return nil
}
