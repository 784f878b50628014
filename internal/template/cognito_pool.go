package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const cognitoIDP = "cognito-idp"

var passwordPolicyFields = fields{
	"MinimumLength": integer, "RequireLowercase": flag, "RequireNumbers": flag, "RequireSymbols": flag,
	"RequireUppercase": flag, "TemporaryPasswordValidityDays": integer, "PasswordHistorySize": integer,
}

var userPoolType = &resourceType{
	name: "AWS::Cognito::UserPool",
	properties: fields{
		"UserPoolName":       str,
		"Policies":           records(fields{"PasswordPolicy": records(passwordPolicyFields), "SignInPolicy": records(fields{"AllowedFirstAuthFactors": strs})}),
		"UsernameAttributes": strs.replaces(), "AliasAttributes": strs.replaces(), "AutoVerifiedAttributes": strs,
		"UsernameConfiguration": records(fields{"CaseSensitive": flag}).replaces(),
		"Schema": listing(records(fields{
			"Name": str, "AttributeDataType": str, "DeveloperOnlyAttribute": flag, "Mutable": flag, "Required": flag,
			"StringAttributeConstraints": records(fields{"MinLength": str, "MaxLength": str}),
			"NumberAttributeConstraints": records(fields{"MinValue": str, "MaxValue": str}),
		})), // custom attributes can be added; see keepSchemas
		"AdminCreateUserConfig": records(fields{
			"AllowAdminCreateUserOnly": flag, "UnusedAccountValidityDays": integer,
			"InviteMessageTemplate": records(fields{"EmailMessage": str, "EmailSubject": str, "SMSMessage": str}),
		}),
		"AccountRecoverySetting":      records(fields{"RecoveryMechanisms": listing(records(fields{"Name": str, "Priority": integer}))}),
		"UserAttributeUpdateSettings": records(fields{"AttributesRequireVerificationBeforeUpdate": strs}),
		"VerificationMessageTemplate": records(fields{
			"DefaultEmailOption": str, "EmailMessage": str, "EmailMessageByLink": str, "EmailSubject": str,
			"EmailSubjectByLink": str, "SmsMessage": str,
		}),
		"EmailVerificationMessage": str, "EmailVerificationSubject": str, "SmsVerificationMessage": str, "SmsAuthenticationMessage": str,
		"EmailConfiguration":     records(fields{"EmailSendingAccount": str, "From": str, "ReplyToEmailAddress": str, "SourceArn": str, "ConfigurationSet": str}),
		"MfaConfiguration":       oneOf("OFF", "OPTIONAL", "ON"),
		"DeletionProtection":     oneOf("ACTIVE", "INACTIVE"),
		"UserPoolTags":           strMap,
		"UserPoolTier":           str,
		"LambdaConfig":           lambdaConfig,
		"EnabledMfas":            listing(oneOf("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")),
		"DeviceConfiguration":    records(fields{"ChallengeRequiredOnNewDevice": flag, "DeviceOnlyRememberedOnUserPrompt": flag}),
		"SmsConfiguration":       records(fields{"ExternalId": str, "SnsCallerArn": str, "SnsRegion": str}),
		"UserPoolAddOns":         records(fields{"AdvancedSecurityMode": oneOf("OFF", "AUDIT", "ENFORCED"), "AdvancedSecurityAdditionalFlows": unsupported("sign-ins with functions of the pool have no threat protection")}),
		"WebAuthnRelyingPartyID": str, "WebAuthnUserVerification": str, "WebAuthnFactorConfiguration": str,
		"EmailAuthenticationMessage": str, "EmailAuthenticationSubject": str,
	},
	attributes: []string{"Arn", "ProviderName", "ProviderURL", "UserPoolId"},
	create:     createUserPool, update: updateUserPool, remove: removeUserPool, find: findUserPool,
	identity: []string{"UserPoolName"},
}

// poolShape gives the properties the names that the operations use.
func (w *work) poolShape() map[string]any {
	shape := make(map[string]any, len(w.properties)+1)
	for name, v := range w.properties {
		shape[name] = v
	}
	delete(shape, "UserPoolName")
	delete(shape, "MfaConfiguration") // set by itself, or not at all
	shape["PoolName"] = w.physicalName("UserPoolName", 128)
	return shape
}

func createUserPool(ctx context.Context, w *work) error {
	mfa, err := w.mfaConfig()
	if err != nil {
		return err
	}
	var in cognito.CreateUserPoolInput
	if err := into(w.poolShape(), &in); err != nil {
		return err
	}
	out, err := invoke[cognito.CreateUserPoolOutput](ctx, w.deploy, cognitoIDP, "CreateUserPool", &in)
	if err != nil {
		return err
	}
	w.poolIs(aws.ToString(out.UserPool.Id), aws.ToString(out.UserPool.Arn), aws.ToString(in.PoolName))
	if err := w.setMFA(ctx, mfa); err != nil {
		return err
	}
	return w.setPasskeys(ctx)
}

func (w *work) poolIs(id, arn, name string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{
		"Arn": arn, "UserPoolId": id, "Name": name,
		"ProviderName": "cognito-idp." + w.region + ".amazonaws.com/" + id,
		"ProviderURL":  w.URL + "/" + id, // the issuer of the pool's tokens
	}
}

func updateUserPool(ctx context.Context, w *work) error {
	mfa, err := w.mfaConfig()
	if err != nil {
		return err
	}
	var in cognito.UpdateUserPoolInput
	if err := into(w.poolShape(), &in); err != nil {
		return err
	}
	added, err := w.addedAttributes(ctx)
	if err != nil {
		return err
	}
	in.UserPoolId = &w.row.PhysicalID
	if mfa == nil { // the template says so by saying nothing
		in.MfaConfiguration = cognitotypes.UserPoolMfaTypeOff
	}
	if in.UserPoolTags == nil { // what is not given would stay
		in.UserPoolTags = map[string]string{}
	}
	if _, err := invoke[cognito.UpdateUserPoolOutput](ctx, w.deploy, cognitoIDP, "UpdateUserPool", &in); err != nil {
		return err
	}
	w.row.Attributes["Name"] = aws.ToString(in.PoolName)
	if err := w.setMFA(ctx, mfa); err != nil {
		return err
	}
	if err := w.setPasskeys(ctx); err != nil {
		return err
	}
	return w.addAttributes(ctx, added) // last, because they are there for good
}

func removeUserPool(ctx context.Context, w *work) error {
	_, err := invoke[cognito.DeleteUserPoolOutput](ctx, w.deploy, cognitoIDP, "DeleteUserPool",
		&cognito.DeleteUserPoolInput{UserPoolId: &w.row.PhysicalID})
	return unlessGone(err)
}

func findUserPool(ctx context.Context, w *work) (bool, error) {
	name, in := w.physicalName("UserPoolName", 128), &cognito.ListUserPoolsInput{MaxResults: aws.Int32(60)}
	for {
		page, err := invoke[cognito.ListUserPoolsOutput](ctx, w.deploy, cognitoIDP, "ListUserPools", in)
		if err != nil {
			return false, err
		}
		for _, p := range page.UserPools {
			if aws.ToString(p.Name) != name {
				continue
			}
			if ours, err := w.madeBy(ctx, aws.ToString(p.Id), "", p.CreationDate); err != nil || !ours {
				if err != nil {
					return false, err
				}
				continue
			}
			found, err := invoke[cognito.DescribeUserPoolOutput](ctx, w.deploy, cognitoIDP, "DescribeUserPool",
				&cognito.DescribeUserPoolInput{UserPoolId: p.Id})
			if err != nil {
				return false, err
			}
			w.poolIs(aws.ToString(p.Id), aws.ToString(found.UserPool.Arn), name)
			return true, nil
		}
		if page.NextToken == nil {
			return false, nil
		}
		in.NextToken = page.NextToken
	}
}
