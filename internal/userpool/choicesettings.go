package userpool

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// firstFactors are the ways in which users of a pool may begin a sign-in by
// USER_AUTH. A pool that says nothing has passwords.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
func (p *Pool) firstFactors() []types.AuthFactorType {
	if p.Shown.SignIn == nil || len(p.Shown.SignIn.AllowedFirstAuthFactors) == 0 {
		return []types.AuthFactorType{types.AuthFactorTypePassword}
	}
	return p.Shown.SignIn.AllowedFirstAuthFactors
}

func (p *Pool) allowsFirst(f types.AuthFactorType) bool { return slices.Contains(p.firstFactors(), f) }

// checkSignIn refuses a sign-in policy that is none, or that the pool's tier does
// not have. Passwords cannot be taken out of it, as in AWS.
func checkSignIn(tier string, in *types.UserPoolPolicyType) error {
	if in == nil || in.SignInPolicy == nil {
		return nil
	}
	factors := in.SignInPolicy.AllowedFirstAuthFactors
	for i, f := range factors {
		switch f {
		case types.AuthFactorTypePassword:
		case types.AuthFactorTypeEmailOtp, types.AuthFactorTypeSmsOtp, types.AuthFactorTypeWebAuthn:
			if tier == string(types.UserPoolTierTypeLite) {
				return notInTier("The first authentication factor " + string(f))
			}
		default:
			return invalid(textBadFactor)
		}
		if slices.Contains(factors[:i], f) {
			return invalid(textBadFactor)
		}
	}
	if len(factors) > 0 && !slices.Contains(factors, types.AuthFactorTypePassword) {
		return invalid(textNeedsPassword)
	}
	return nil
}

// offersChoice says whether users may sign in by USER_AUTH through the client.
func (p *Pool) offersChoice(c *Client) bool {
	return p.Tier != string(types.UserPoolTierTypeLite) && c.allows("ALLOW_USER_AUTH")
}

// factorOf is the first factor by a code that is sent to an address.
func factorOf(attribute string) types.AuthFactorType {
	if attribute == attributePhone {
		return types.AuthFactorTypeSmsOtp
	}
	return types.AuthFactorTypeEmailOtp
}

// reachable is the address by which a user without a password could sign in
// with a code: one that they have and whose codes are a first factor. "" is none.
func (p *Pool) reachable(has func(attribute string) bool) string {
	for _, a := range addresses {
		if p.allowsFirst(factorOf(a)) && has(a) {
			return a
		}
	}
	return ""
}
