package userpool

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// functionPattern is the ARN of a function, of a version or of an alias of one;
// its groups are region and account.
var functionPattern = regexp.MustCompile(`^arn:aws:lambda:([a-z0-9-]+):([0-9]{12}):function:[a-zA-Z0-9_-]{1,64}(?::(?:\$LATEST|[a-zA-Z0-9_-]{1,128}))?$`)

// function is the ARN of the function that the pool has for a trigger, or "".
func (p *Pool) function(k trigger.Kind) string {
	l := p.Lambda
	if l == nil {
		return ""
	}
	switch k {
	case trigger.PreSignUp:
		return deref(l.PreSignUp)
	case trigger.PostConfirmation:
		return deref(l.PostConfirmation)
	case trigger.PreAuthentication:
		return deref(l.PreAuthentication)
	case trigger.PostAuthentication:
		return deref(l.PostAuthentication)
	case trigger.PreTokenGeneration:
		return deref(l.PreTokenGeneration)
	case trigger.UserMigration:
		return deref(l.UserMigration)
	case trigger.CustomMessage:
		return deref(l.CustomMessage)
	case trigger.DefineAuthChallenge:
		return deref(l.DefineAuthChallenge)
	case trigger.CreateAuthChallenge:
		return deref(l.CreateAuthChallenge)
	case trigger.VerifyAuthChallengeResponse:
		return deref(l.VerifyAuthChallengeResponse)
	case trigger.CustomEmailSender:
		if l.CustomEmailSender != nil {
			return deref(l.CustomEmailSender.LambdaArn)
		}
	case trigger.CustomSMSSender:
		if l.CustomSMSSender != nil {
			return deref(l.CustomSMSSender.LambdaArn)
		}
	}
	return ""
}

// refuseTriggers names the trigger that this server does not run.
func refuseTriggers(in *types.LambdaConfigType) error {
	if in != nil && in.InboundFederation != nil {
		return unsupported("The trigger InboundFederation")
	}
	return nil
}

// setTriggers takes the pool's triggers, for a pool whose region and tier are set.
func (p *Pool) setTriggers(in *types.LambdaConfigType) error {
	p.Lambda = nil
	if in == nil || *in == (types.LambdaConfigType{}) {
		return nil
	}
	l := *in
	if err := p.setTokenTrigger(&l); err != nil {
		return err
	}
	if err := p.setSenders(&l); err != nil {
		return err
	}
	functions := map[string]*string{
		"PreSignUp": l.PreSignUp, "PostConfirmation": l.PostConfirmation, "PreAuthentication": l.PreAuthentication,
		"PostAuthentication": l.PostAuthentication, "PreTokenGeneration": l.PreTokenGeneration, "UserMigration": l.UserMigration,
		"CustomMessage": l.CustomMessage, "DefineAuthChallenge": l.DefineAuthChallenge, "CreateAuthChallenge": l.CreateAuthChallenge,
		"VerifyAuthChallengeResponse": l.VerifyAuthChallengeResponse,
	}
	if l.CustomEmailSender != nil {
		functions["CustomEmailSender"] = l.CustomEmailSender.LambdaArn
	}
	if l.CustomSMSSender != nil {
		functions["CustomSMSSender"] = l.CustomSMSSender.LambdaArn
	}
	for _, name := range sortedNames(functions) {
		if err := p.mayRun(name, functions[name]); err != nil {
			return err
		}
	}
	p.Lambda = &l
	return nil
}

// setTokenTrigger brings the two settings of the pre token generation trigger
// together: the older one is the first version of the event.
func (p *Pool) setTokenTrigger(l *types.LambdaConfigType) error {
	if deref(l.PreTokenGeneration) == "" {
		l.PreTokenGeneration = nil
	}
	switch c := l.PreTokenGenerationConfig; {
	case c == nil && l.PreTokenGeneration == nil:
		return nil
	case c == nil:
		l.PreTokenGenerationConfig = &types.PreTokenGenerationVersionConfigType{
			LambdaArn: l.PreTokenGeneration, LambdaVersion: types.PreTokenGenerationLambdaVersionTypeV10,
		}
	case deref(c.LambdaArn) == "":
		return invalid(textMissing("LambdaArn"))
	case l.PreTokenGeneration != nil && *l.PreTokenGeneration != *c.LambdaArn:
		return invalid(textTokenTriggers)
	default:
		l.PreTokenGeneration = c.LambdaArn
	}
	switch l.PreTokenGenerationConfig.LambdaVersion {
	case types.PreTokenGenerationLambdaVersionTypeV10:
	case types.PreTokenGenerationLambdaVersionTypeV20, types.PreTokenGenerationLambdaVersionTypeV30:
		if p.Tier == string(types.UserPoolTierTypeLite) {
			text := textTokenTriggerTier
			return &types.FeatureUnavailableInTierException{Message: &text}
		}
	default:
		return invalid(textTokenTriggerVersion)
	}
	return nil
}

// mayRun refuses what cannot be a trigger of the pool: a function is of this
// server, and where the pool is. Whether the pool may invoke it, the function's own
// policy says each time.
func (p *Pool) mayRun(name string, function *string) error {
	if deref(function) == "" { // "" takes a trigger away, as the AWS console does
		return nil
	}
	parts := functionPattern.FindStringSubmatch(*function)
	switch {
	case parts == nil:
		return invalid(textBadFunction(name))
	case parts[1] != p.Region:
		return invalid(textFunctionElsewhere(name))
	}
	return nil
}

// ownFunctions refuses functions of other accounts, none of which this server has.
func (s *Service) ownFunctions(in *types.LambdaConfigType) error {
	p := &Pool{Lambda: in}
	for _, kind := range trigger.Kinds {
		function := p.function(kind)
		if kind == trigger.PreTokenGeneration && in != nil && in.PreTokenGenerationConfig != nil {
			function = orElse(deref(in.PreTokenGenerationConfig.LambdaArn), function)
		}
		if parts := functionPattern.FindStringSubmatch(function); parts != nil && parts[2] != s.account {
			return invalid(textFunctionForeign(string(kind)))
		}
	}
	return nil
}

// lambdaShape is the pool's triggers as AWS shows them.
func (p *Pool) lambdaShape() *types.LambdaConfigType {
	if p.Lambda == nil {
		return &types.LambdaConfigType{}
	}
	return p.Lambda
}
