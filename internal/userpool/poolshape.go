package userpool

import (
	"cmp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// shape is the pool as AWS shows it.
func (p *Pool) shape(account string, users int64) *types.UserPoolType {
	out := &types.UserPoolType{
		Id: &p.ID, Name: &p.Name, Arn: ptr(arn(p.Region, account, p.ID)), CreationDate: &p.Created, LastModifiedDate: &p.Modified,
		DeletionProtection:     types.DeletionProtectionTypeInactive,
		MfaConfiguration:       p.mfaMode(),
		EstimatedNumberOfUsers: int32(min(users, 1<<31-1)),
		LambdaConfig:           p.lambdaShape(),
		UserPoolTier:           types.UserPoolTierType(p.Tier),
		UserPoolTags:           p.Tags,
		DeviceConfiguration:    p.Devices.shape(),
		UsernameConfiguration:  &types.UsernameConfigurationType{CaseSensitive: &p.CaseSensitive},
		AdminCreateUserConfig: &types.AdminCreateUserConfigType{
			AllowAdminCreateUserOnly: p.AdminOnly, InviteMessageTemplate: p.Shown.InviteTemplate, UnusedAccountValidityDays: p.Policy.TemporaryDays,
		},
		Policies: &types.UserPoolPolicyType{
			PasswordPolicy: &types.PasswordPolicyType{
				MinimumLength: &p.Policy.MinLength, RequireUppercase: p.Policy.Upper, RequireLowercase: p.Policy.Lower,
				RequireNumbers: p.Policy.Number, RequireSymbols: p.Policy.Symbol, TemporaryPasswordValidityDays: p.Policy.TemporaryDays,
			},
			SignInPolicy: p.Shown.SignIn,
		},
		UserPoolAddOns:              p.addOns(),
		EmailConfiguration:          p.Shown.Email,
		EmailVerificationMessage:    p.Shown.EmailVerificationMessage,
		EmailVerificationSubject:    p.Shown.EmailVerificationSubject,
		SmsConfiguration:            p.Shown.SMS,
		SmsAuthenticationMessage:    p.Shown.SMSAuthenticationMessage,
		SmsVerificationMessage:      p.Shown.SMSVerificationMessage,
		VerificationMessageTemplate: p.Shown.VerificationTemplate,
		UserAttributeUpdateSettings: p.Shown.AttributeUpdate,
		AccountRecoverySetting:      p.Shown.Recovery,
		KeyConfiguration:            p.Shown.Key,
		IssuerConfiguration:         p.Shown.Issuer,
	}
	if p.Policy.History > 0 {
		out.Policies.PasswordPolicy.PasswordHistorySize = &p.Policy.History
	}
	if out.UserPoolTags == nil {
		out.UserPoolTags = map[string]string{}
	}
	if p.Protected {
		out.DeletionProtection = types.DeletionProtectionTypeActive
	}
	if out.EmailConfiguration == nil {
		out.EmailConfiguration = &types.EmailConfigurationType{EmailSendingAccount: types.EmailSendingAccountTypeCognitoDefault}
	}
	if t := out.VerificationMessageTemplate; t != nil { // AWS shows its texts under their older names too
		out.EmailVerificationMessage = cmp.Or(t.EmailMessage, out.EmailVerificationMessage)
		out.EmailVerificationSubject = cmp.Or(t.EmailSubject, out.EmailVerificationSubject)
		out.SmsVerificationMessage = cmp.Or(t.SmsMessage, out.SmsVerificationMessage)
	} else {
		out.VerificationMessageTemplate = &types.VerificationMessageTemplateType{DefaultEmailOption: types.DefaultEmailOptionTypeConfirmWithCode}
	}
	if out.Policies.SignInPolicy == nil {
		out.Policies.SignInPolicy = &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{types.AuthFactorTypePassword}}
	}
	for _, a := range p.Aliases {
		out.AliasAttributes = append(out.AliasAttributes, types.AliasAttributeType(a))
	}
	for _, a := range p.UsernameFrom {
		out.UsernameAttributes = append(out.UsernameAttributes, types.UsernameAttributeType(a))
	}
	for _, a := range p.AutoVerified {
		out.AutoVerifiedAttributes = append(out.AutoVerifiedAttributes, types.VerifiedAttributeType(a))
	}
	for _, a := range p.Schema {
		out.SchemaAttributes = append(out.SchemaAttributes, a.shape())
	}
	return out
}

func (a Attribute) shape() types.SchemaAttributeType {
	out := types.SchemaAttributeType{
		Name: &a.Name, AttributeDataType: types.AttributeDataType(a.Kind),
		DeveloperOnlyAttribute: &a.DeveloperOnly, Mutable: &a.Mutable, Required: &a.Required,
	}
	text := func(n *int64) *string {
		if n == nil {
			return nil
		}
		return ptr(strconv.FormatInt(*n, 10))
	}
	switch a.Kind {
	case KindString:
		out.StringAttributeConstraints = &types.StringAttributeConstraintsType{MinLength: text(a.Min), MaxLength: text(a.Max)}
	case KindNumber:
		out.NumberAttributeConstraints = &types.NumberAttributeConstraintsType{MinValue: text(a.Min), MaxValue: text(a.Max)}
	}
	return out
}
