package account

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// SAMLIdentity is what an assertion has proved.
type SAMLIdentity struct {
	ID         string // of the assertion
	Issuer     string // entity id of the provider
	Subject    string // the NameID
	Format     string // of the NameID, as it is written
	Recipient  string
	Issued     time.Time
	SessionEnd time.Time           // the provider wants sessions to end then; zero: not said
	Attributes map[string][]string // by name
}

// VerifySAML proves a SAML response, in base64, of a registered provider:
// signature, issuer, audience, recipient and times. Whether it has been seen
// before is not asked. now is the time of the call. Errors other than
// ErrNoProvider say for the operator what is wrong.
func (s *Service) VerifySAML(now time.Time, providerARN, response string) (*SAMLIdentity, error) {
	p := s.current.Load().providers[providerARN]
	if p == nil || p.SAML == nil || p.saml == nil {
		return nil, fmt.Errorf("%w: %.256s", ErrNoProvider, providerARN)
	}
	r, err := parseResponse(response)
	if err != nil {
		return nil, err
	}
	if err := r.prove(p.saml.certificates); err != nil {
		return nil, err
	}
	var around responseText
	var inside assertionText
	for _, part := range []struct {
		e    *xmlElement
		into any
	}{{r.response, &around}, {r.assertion, &inside}} {
		plain, err := written(part.e)
		if err != nil {
			return nil, err
		}
		if xml.Unmarshal(plain, part.into) != nil {
			return nil, errors.New("it is not a Response of SAML 2.0")
		}
	}
	return s.accept(p.saml, &around, &inside, now)
}

// AssumeRoleWithSAML gives the credentials of a role to whoever has an
// assertion that names the role and its provider, if the role's trust policy
// says so too. An assertion is good once.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
func (s *Service) AssumeRoleWithSAML(ctx context.Context, call *access.Call, in *sts.AssumeRoleWithSAMLInput) (*sts.AssumeRoleWithSAMLOutput, error) {
	if err := checkSAML(in); err != nil {
		return nil, err
	}
	p, err := passedBy(nil, in.Policy, in.PolicyArns, nil, nil)
	if err != nil {
		return nil, err
	}
	provider := *in.PrincipalArn
	who, err := s.VerifySAML(call.Time, provider, *in.SAMLAssertion)
	if err != nil {
		return nil, refusedAssertion(call, err)
	}
	call.Record.Note("SAML assertion", audit.Passed, "subject "+who.Subject+" of "+provider, call.Time)
	claimed, err := who.claims()
	if err != nil {
		call.Record.Note("SAML assertion", audit.Refused, err.Error(), call.Time)
		return nil, err
	}
	if !who.offers(*in.RoleArn, provider) {
		call.Record.Note("SAML assertion", audit.Refused, "it does not offer the role "+*in.RoleArn+" by "+provider, call.Time)
		return nil, accessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
	}
	if err := p.tag(nil, claimed.tags, claimed.transitive); err != nil {
		return nil, err
	}
	p.SourceIdentity = claimed.sourceIdentity
	duration := in.DurationSeconds
	if duration == nil {
		duration = claimed.duration
	}
	name := strings.TrimPrefix(provider, s.providerARN(samlProvider, ""))
	qualifier := s.nameQualifier(who.Issuer, name)
	made, err := s.assumeFederated(call, &Assumption{
		Action: "sts:AssumeRoleWithSAML", RoleARN: *in.RoleArn, Session: claimed.sessionName,
		Principal: policy.Principal{Caller: policy.Federated, ARN: provider}, Conditions: who.conditions(s.account+"/"+name, qualifier),
	}, &p, duration, func(seconds *int32) error {
		if claimed.duration != nil {
			*seconds = min(*seconds, *claimed.duration)
		}
		if !who.SessionEnd.IsZero() {
			*seconds = untilEnd(call.Time, who.SessionEnd, *seconds)
		}
		return s.redeem(ctx, call, provider, who)
	})
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleWithSAMLOutput{
		AssumedRoleUser: made.user, Credentials: made.credentials, SourceIdentity: made.sourceIdentity,
		//lint:ignore SA1019 clients of today read it
		PackedPolicySize: made.packed,
		Audience:         &who.Recipient, Issuer: &who.Issuer, NameQualifier: &qualifier,
		Subject: &who.Subject, SubjectType: new(who.subjectType()),
	}, nil
}

func checkSAML(in *sts.AssumeRoleWithSAMLInput) error {
	if err := checkRoleARN(deref(in.RoleArn)); err != nil {
		return err
	}
	if arn := deref(in.PrincipalArn); len(arn) < 20 || len(arn) > 2048 || !strings.HasPrefix(arn, "arn:aws:iam::") || !strings.Contains(arn, ":saml-provider/") {
		return validation("%.2048s is invalid", arn)
	}
	if err := checkDuration(in.DurationSeconds, maxMaxSession); err != nil {
		return err
	}
	switch n := len(deref(in.SAMLAssertion)); {
	case n < leastWebToken:
		return validation("1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length greater than or equal to %d", leastWebToken)
	case n > maxSAMLResponse:
		return validation("1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length less than or equal to %d", maxSAMLResponse)
	case in.MinimumSessionTokenSize != nil && *in.MinimumSessionTokenSize != 0:
		return tokenSize()
	}
	return nil
}

// refusedAssertion says in AWS's words why an assertion proves nothing.
func refusedAssertion(call *access.Call, err error) error {
	call.Record.Note("SAML assertion", audit.Refused, err.Error(), call.Time)
	switch {
	case errors.Is(err, ErrNoProvider):
		return invalidIdentity("Specified provider doesn't exist")
	case errors.Is(err, errResponseSignature):
		return invalidIdentity("Response signature invalid")
	case errors.Is(err, errNotIssuer):
		return invalidIdentity("Issuer not present in specified provider")
	case errors.Is(err, errAudience):
		return invalidIdentity("Response does not contain the required audience")
	case errors.Is(err, errTooLate):
		return &types.ExpiredTokenException{Message: text("Token must be redeemed within 5 minutes of issuance", nil)}
	case errors.Is(err, errRejected):
		return &types.IDPRejectedClaimException{Message: text("The identity provider reported that authentication failed.", nil)}
	}
	return invalidIdentity("Your request included an invalid SAML response: %s", err)
}

// nameQualifier tells apart subjects of one name, of several providers.
func (s *Service) nameQualifier(issuer, provider string) string {
	sum := sha1.Sum([]byte(issuer + s.account + "/" + provider)) // a name, not a proof: AWS defines it so
	return base64.StdEncoding.EncodeToString(sum[:])
}

// redeemed is an assertion that was used, by a hash of its provider and id.
type redeemed struct {
	ID      string `json:"id"`
	Expires int64  `json:"expires"` // Unix milliseconds
}

var assertions = store.NewTable(store.Schema[redeemed]{
	Table: "iam_assertions",
	Key:   []store.Column[redeemed]{{Name: "id", Value: func(r *redeemed) any { return r.ID }}},
	Columns: []store.Column[redeemed]{
		{Name: "expires", Value: func(r *redeemed) any { return r.Expires }},
	},
})

// rememberedFor is how long an assertion that nobody takes any more is kept: by
// so much the clocks of two nodes may differ without one of them forgetting
// what the other would still take.
const rememberedFor = time.Hour

// redeem takes an assertion out of the world, on every node at once. What
// would be refused for its age anyway, on all of them, is forgotten.
func (s *Service) redeem(ctx context.Context, call *access.Call, provider string, who *SAMLIdentity) error {
	sum := sha256.Sum256([]byte(strconv.Itoa(len(provider)) + "/" + provider + "/" + who.ID))
	row := &redeemed{ID: hex.EncodeToString(sum[:]), Expires: who.Issued.Add(redeemable).UnixMilli()}
	if _, err := assertions.DeleteWhere(ctx, s.db, "expires < $1", call.Time.Add(-rememberedFor).UnixMilli()); err != nil {
		return err
	}
	err := assertions.Insert(ctx, s.db, row)
	if errors.Is(err, store.ErrExists) {
		call.Record.Note("SAML assertion", audit.Refused, "it has been used before", call.Time)
		return invalidIdentity("Your request included an invalid SAML response: it has been used before")
	}
	return err
}
