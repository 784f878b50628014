package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/verify"
)

const (
	leastWebToken = 4 // characters
	maxWebToken   = 20000
)

// webIdentity is what an ID token has proved, in the words of trust policies.
type webIdentity struct {
	provider       string // as Principal.Federated names it
	subject        string
	audience       string
	conditions     map[string][]string
	tags           []types.Tag
	transitive     []string
	sourceIdentity string
}

// AssumeRoleWithWebIdentity gives the credentials of a role to whoever has an
// ID token of an identity pool, of a user pool here, or of another OpenID
// Connect provider that is registered, if the role's trust policy says so.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, call *access.Call, in *sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	if err := checkWebIdentity(in); err != nil {
		return nil, err
	}
	p, err := passedBy(nil, in.Policy, in.PolicyArns, nil, nil)
	if err != nil {
		return nil, err
	}
	who, err := s.proveWebIdentity(ctx, call, *in.WebIdentityToken)
	if err != nil {
		return nil, err
	}
	call.Record.Note("web identity", audit.Passed, "subject "+who.subject+" of "+who.provider, call.Time)
	if err := p.tag(nil, who.tags, who.transitive); err != nil {
		return nil, err
	}
	p.SourceIdentity = who.sourceIdentity
	made, err := s.assumeFederated(call, &Assumption{
		Action: "sts:AssumeRoleWithWebIdentity", RoleARN: *in.RoleArn, Session: *in.RoleSessionName,
		Principal: policy.Principal{Caller: policy.Federated, ARN: who.provider}, Conditions: who.conditions,
	}, &p, in.DurationSeconds, nil)
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleWithWebIdentityOutput{
		AssumedRoleUser: made.user, Credentials: made.credentials, SourceIdentity: made.sourceIdentity,
		//lint:ignore SA1019 clients of today read it
		PackedPolicySize: made.packed,
		Audience:         &who.audience, Provider: &who.provider, SubjectFromWebIdentityToken: &who.subject,
	}, nil
}

func checkWebIdentity(in *sts.AssumeRoleWithWebIdentityInput) error {
	if err := checkRoleARN(deref(in.RoleArn)); err != nil {
		return err
	}
	if err := checkText("roleSessionName", in.RoleSessionName, sessionNames, 2, 64); err != nil {
		return err
	}
	if err := checkDuration(in.DurationSeconds, maxMaxSession); err != nil {
		return err
	}
	switch n := utf8.RuneCountInString(deref(in.WebIdentityToken)); {
	case n < leastWebToken:
		return validation("1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to %d", leastWebToken)
	case n > maxWebToken:
		return validation("1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to %d", maxWebToken)
	}
	switch {
	case in.MinimumSessionTokenSize != nil && *in.MinimumSessionTokenSize != 0:
		return tokenSize()
	case in.ProviderId != nil: // it goes with the access tokens of two providers that there are not here
		return validation(textProviderID)
	}
	return nil
}

// proveWebIdentity finds who issued a token, and holds it against their keys.
// What the token says before that decides only about whose keys.
func (s *Service) proveWebIdentity(ctx context.Context, call *access.Call, token string) (*webIdentity, error) {
	claimed, err := verify.InsecureDecode(token)
	if err != nil {
		return nil, refusedToken(call, err, nil)
	}
	issuer := claimed.Issuer()
	if issuer == "https://"+identityPools {
		own, ok := s.ownIssuer(issuer)
		if !ok {
			return nil, unknownIssuer(call, issuer)
		}
		t, err := own.Verifier.Verify(ctx, token)
		if err != nil {
			return nil, refusedToken(call, err, claimed)
		}
		return readWebIdentity(call, t, identityPools, identityPools, first(t.Audience()))
	}
	p := s.webProvider(issuer)
	if p == nil {
		return nil, unknownIssuer(call, issuer)
	}
	t, err := s.verifyOpenID(ctx, p, token)
	if err != nil {
		return nil, refusedToken(call, err, claimed)
	}
	known := slices.IndexFunc(t.Audience(), func(id string) bool { return slices.Contains(p.OpenID.ClientIDs, id) })
	if known < 0 {
		return nil, refusedToken(call, &verify.Error{Check: verify.CheckAudience}, claimed)
	}
	return readWebIdentity(call, t, p.ARN, p.OpenID.name(), t.Audience()[known])
}

// webProvider finds the registration of an issuer: under its own URL, or for an
// issuer of this deployment under the URL that it would have at AWS.
func (s *Service) webProvider(issuer string) *compiledProvider {
	urls := []string{issuer}
	if own, ok := s.ownIssuer(issuer); ok {
		if own.URL != issuer { // an alias is no iss
			return nil
		}
		urls = append(urls, own.Aliases...)
	}
	all := s.current.Load().providers
	for _, url := range urls {
		o := openIDSettings{URL: url}
		if p := all[s.providerARN(openID, o.name())]; p != nil && p.openID != nil && p.OpenID.URL == url {
			return p
		}
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func unknownIssuer(call *access.Call, issuer string) error {
	issuer = cut(issuer)
	call.Record.Note("web identity", audit.Refused, "no provider is registered for the issuer "+issuer, call.Time)
	return invalidIdentity("No OpenIDConnect provider found in your account for %s", issuer)
}

// refusedToken says in AWS's words why a token proves nothing. What is no
// judgement of the token stays what it is: a failure of ours.
func refusedToken(call *access.Call, err error, claimed *verify.InsecureToken) error {
	if judged := (*verify.Error)(nil); !errors.As(err, &judged) {
		call.Record.Note("web identity", audit.Failed, "the token could not be held against its issuer", call.Time)
		return err
	}
	call.Record.Note("web identity", audit.Refused, err.Error(), call.Time)
	switch {
	case errors.Is(err, verify.ErrExpired) && claimed != nil:
		return &types.ExpiredTokenException{Message: text("Token expired: current date/time %d must be before the expiration date/time %d", []any{call.Time.Unix(), claimed.Expiry().Unix()})}
	case errors.Is(err, verify.ErrKeysUnavailable):
		return &types.IDPCommunicationErrorException{Message: text(textUnreachable, nil)}
	case errors.Is(err, verify.ErrUnknownKey):
		return invalidIdentity(textNoKey)
	case errors.Is(err, verify.ErrAudience):
		return invalidIdentity("Incorrect token audience")
	case errors.Is(err, verify.ErrMalformed), errors.Is(err, verify.ErrUse):
		return invalidIdentity(textNoJWT)
	case errors.Is(err, verify.ErrNotYetValid):
		return &types.IDPRejectedClaimException{Message: text(textNotYet, nil)}
	}
	return invalidIdentity(textUnproved)
}

// cut keeps what a stranger wrote to a modest length.
func cut(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
