package userpool

import (
	"slices"
	"strings"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// changeable are the settings that both CreateUserPool and UpdateUserPool take.
// What an update leaves out goes back to its default, as in AWS.
func (p *Pool) changeable(in *idp.UpdateUserPoolInput) error {
	if err := refuseUnsupported(in); err != nil {
		return err
	}
	if err := refuseTriggers(in.LambdaConfig); err != nil {
		return err
	}
	if in.PoolName != nil {
		p.Name = *in.PoolName
	}
	if n := utf8.RuneCountInString(p.Name); n < 1 || n > 128 || !namePattern.MatchString(p.Name) {
		return invalid("PoolName must have 1 to 128 characters: letters, digits, space and + = , . @ - _")
	}
	switch in.DeletionProtection {
	case types.DeletionProtectionTypeActive:
		p.Protected = true
	case "", types.DeletionProtectionTypeInactive:
		p.Protected = false
	default:
		return invalid("DeletionProtection must be ACTIVE or INACTIVE.")
	}
	p.AutoVerified = nil
	for _, a := range in.AutoVerifiedAttributes {
		if a != types.VerifiedAttributeTypeEmail && a != types.VerifiedAttributeTypePhoneNumber {
			return invalid("AutoVerifiedAttributes may name email and phone_number only.")
		}
		p.AutoVerified = append(p.AutoVerified, string(a))
	}
	switch in.UserPoolTier {
	case "":
		p.Tier = string(types.UserPoolTierTypeEssentials)
	case types.UserPoolTierTypeLite, types.UserPoolTierTypeEssentials, types.UserPoolTierTypePlus:
		p.Tier = string(in.UserPoolTier)
	default:
		return invalid("UserPoolTier must be LITE, ESSENTIALS or PLUS.")
	}
	if err := checkTags(in.UserPoolTags); err != nil {
		return err
	}
	if in.UserPoolTags != nil {
		p.Tags = in.UserPoolTags
	}
	if err := p.setPolicy(in.Policies, in.AdminCreateUserConfig); err != nil {
		return err
	}
	if err := p.setInvitation(in.AdminCreateUserConfig); err != nil {
		return err
	}
	if err := p.setAddOns(in.UserPoolAddOns); err != nil {
		return err
	}
	if err := checkShown(in); err != nil {
		return err
	}
	p.Devices = deviceSettings(in.DeviceConfiguration)
	if err := p.setTriggers(in.LambdaConfig); err != nil {
		return err
	}
	sms := p.Shown.SMS
	p.Shown = ShownSettings{
		Email: in.EmailConfiguration, EmailVerificationMessage: in.EmailVerificationMessage, EmailVerificationSubject: in.EmailVerificationSubject,
		SMSAuthenticationMessage: in.SmsAuthenticationMessage, SMSVerificationMessage: in.SmsVerificationMessage,
		VerificationTemplate: in.VerificationMessageTemplate, AttributeUpdate: in.UserAttributeUpdateSettings,
		Recovery: in.AccountRecoverySetting, SMS: in.SmsConfiguration, Key: in.KeyConfiguration, Issuer: in.IssuerConfiguration,
	}
	if err := checkSignIn(p.Tier, in.Policies); err != nil {
		return err
	}
	if in.Policies != nil {
		p.Shown.SignIn = in.Policies.SignInPolicy
	}
	if in.AdminCreateUserConfig != nil {
		p.Shown.InviteTemplate = in.AdminCreateUserConfig.InviteMessageTemplate
	}
	return p.changeMFA(in, sms)
}

// refuseUnsupported names the settings whose promise this server could not
// keep: a pool that says MFA and does not ask for it is worse than none.
func refuseUnsupported(in *idp.UpdateUserPoolInput) error {
	switch {
	case in.KeyConfiguration != nil && (in.KeyConfiguration.KeyType != types.EncryptionKeyTypeAwsOwnedKey || in.KeyConfiguration.KmsKeyArn != nil):
		return unsupported("KeyConfiguration with a KMS key (the server's master key seals all pools)")
	case in.IssuerConfiguration != nil && in.IssuerConfiguration.Type != types.IssuerTypeOriginal:
		return unsupported("IssuerConfiguration other than ORIGINAL (a pool has one issuer, this server's URL and the pool's id)")
	}
	return nil
}

func (p *Pool) setPolicy(in *types.UserPoolPolicyType, admin *types.AdminCreateUserConfigType) error {
	p.Policy = defaultPolicy()
	var given *types.PasswordPolicyType
	if in != nil {
		given = in.PasswordPolicy
	}
	if given != nil {
		p.Policy = PasswordPolicy{
			MinLength: 8, Upper: given.RequireUppercase, Lower: given.RequireLowercase, Number: given.RequireNumbers,
			Symbol: given.RequireSymbols, TemporaryDays: given.TemporaryPasswordValidityDays, History: deref(given.PasswordHistorySize),
		}
		if given.MinimumLength != nil {
			p.Policy.MinLength = *given.MinimumLength
		}
	}
	if admin != nil && admin.UnusedAccountValidityDays != 0 {
		if given != nil && given.TemporaryPasswordValidityDays != 0 {
			return invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
		}
		p.Policy.TemporaryDays = admin.UnusedAccountValidityDays
	}
	if p.Policy.TemporaryDays == 0 {
		p.Policy.TemporaryDays = 7
	}
	if p.Policy.MinLength < 6 || p.Policy.MinLength > 99 {
		return invalid("MinimumLength must be between 6 and 99.")
	}
	if p.Policy.History < 0 || p.Policy.History > maxHistory {
		return invalid("PasswordHistorySize must be between 0 and 24.")
	}
	if p.Policy.TemporaryDays < 0 || p.Policy.TemporaryDays > 365 {
		return invalid("TemporaryPasswordValidityDays must be between 0 and 365.")
	}
	return nil
}

func (p *Pool) setInvitation(in *types.AdminCreateUserConfigType) error {
	p.AdminOnly, p.Invitation = false, MessageText{}
	if in == nil {
		return nil
	}
	p.AdminOnly = in.AllowAdminCreateUserOnly
	if t := in.InviteMessageTemplate; t != nil {
		p.Invitation = MessageText{Subject: deref(t.EmailSubject), Email: deref(t.EmailMessage), SMS: deref(t.SMSMessage)}
		for _, text := range []string{p.Invitation.Email, p.Invitation.SMS} {
			if text != "" && (!strings.Contains(text, "{####}") || !strings.Contains(text, "{username}")) {
				return invalid("An invitation message must contain {username} and {####}.")
			}
		}
		if utf8.RuneCountInString(p.Invitation.Subject) > 140 || utf8.RuneCountInString(p.Invitation.Email) > 20000 || utf8.RuneCountInString(p.Invitation.SMS) > 140 {
			return invalid("The invitation is too long: subject and SMS may have 140 characters, e-mail 20000.")
		}
	}
	return nil
}

// fixed are the settings that a pool keeps for life.
func (p *Pool) fixed(in *idp.CreateUserPoolInput) error {
	if len(in.AliasAttributes) > 0 && len(in.UsernameAttributes) > 0 {
		return invalid(textAliasAndUsername)
	}
	p.CaseSensitive = true
	if in.UsernameConfiguration != nil && in.UsernameConfiguration.CaseSensitive != nil {
		p.CaseSensitive = *in.UsernameConfiguration.CaseSensitive
	}
	for _, a := range in.AliasAttributes {
		if !slices.Contains([]string{attributeEmail, attributePhone, attributePreferred}, string(a)) || slices.Contains(p.Aliases, string(a)) {
			return invalid("AliasAttributes may name email, phone_number and preferred_username, each once.")
		}
		p.Aliases = append(p.Aliases, string(a))
	}
	for _, a := range in.UsernameAttributes {
		if !slices.Contains([]string{attributeEmail, attributePhone}, string(a)) || slices.Contains(p.UsernameFrom, string(a)) {
			return invalid("UsernameAttributes may name email and phone_number, each once.")
		}
		p.UsernameFrom = append(p.UsernameFrom, string(a))
	}
	p.Schema = standardSchema()
	return p.Schema.add(in.Schema, true)
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("A user pool has at most 50 tags.")
	}
	folded := make(map[string]bool, len(tags))
	for key, value := range tags {
		// Keys of conditions have no case: a second tag could hide the first from a deny.
		low := strings.ToLower(key)
		if folded[low] {
			return invalid("Tag keys must differ in more than case.")
		}
		folded[low] = true
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 || utf8.RuneCountInString(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("A tag's key has 1 to 128 characters and does not begin with aws:, its value at most 256.")
		}
	}
	return nil
}
