package identitypool

import (
	"context"
	"errors"
	"time"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

const (
	sessionName = "CognitoIdentityCredentials"
	sessionLife = time.Hour
)

// Condition keys that trust policies ask for, and that the session goes on saying.
const (
	keyAudience = "cognito-identity.amazonaws.com:aud"
	keyMethods  = "cognito-identity.amazonaws.com:amr"
	keySubject  = "cognito-identity.amazonaws.com:sub"
)

// GetCredentialsForIdentity is the enhanced flow: logins for credentials of the
// role that the pool gives to who shows them. They live an hour.
// https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
func (s *Service) GetCredentialsForIdentity(ctx context.Context, call *access.Call, in *ci.GetCredentialsForIdentityInput) (*ci.GetCredentialsForIdentityOutput, error) {
	if in.CustomRoleArn != nil {
		if err := checkARN("customRoleArn", *in.CustomRoleArn); err != nil {
			return nil, err
		}
	}
	i, p, logins, err := s.open(ctx, call, deref(in.IdentityId), in.Logins)
	if err != nil {
		return nil, err
	}
	arn, why, err := p.chooseRole(logins, deref(in.CustomRoleArn))
	if err != nil {
		call.Record.Note("role", audit.Refused, why, call.Time)
		return nil, err
	}
	call.Record.Note("role", audit.Passed, arn+": "+why, call.Time)
	tags, err := p.sessionTags(logins)
	if err != nil {
		call.Record.Note("principal tags", audit.Refused, "they are too long, too many, or contradict each other", call.Time)
		return nil, err
	}
	a := Assumption{RoleARN: arn, Session: sessionName, Life: sessionLife, Tags: tags, Conditions: map[string][]string{
		keyAudience: {p.ID}, keySubject: {i.ID}, keyMethods: methods(p, logins),
	}}
	if len(logins) == 0 {
		a.Policy, a.PolicyARNs = guestPolicy, []string{guestManagedPolicy}
	}
	c, err := s.roles.Assume(call, a)
	if errors.Is(err, ErrNotTrusted) {
		call.Record.Note("assume role", audit.Refused, err.Error(), call.Time)
		return nil, badConfiguration()
	}
	if err != nil {
		return nil, err
	}
	secret := c.SecretAccessKey.Reveal()
	return &ci.GetCredentialsForIdentityOutput{IdentityId: &i.ID, Credentials: &types.Credentials{
		AccessKeyId: &c.AccessKeyID, SecretKey: &secret, SessionToken: &c.SessionToken, Expiration: &c.Expires,
	}}, nil
}

// open proves who calls: the identity that they are, and the logins that opened
// it, none for a guest.
func (s *Service) open(ctx context.Context, call *access.Call, id string, given map[string]string) (*Identity, *Pool, []login, error) {
	i, p, err := s.identityAndPool(ctx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(given) == 0 {
		switch {
		case !p.Guests:
			return nil, nil, nil, refused(call, "the pool lets no guests in", notAuthorized(textNoGuests))
		case i.Linked:
			return nil, nil, nil, refused(call, "the identity is opened by its logins only", notAuthorized(textForbidden(i.ID)))
		case i.Disabled:
			return nil, nil, nil, refused(call, "the identity was merged into another one", notAuthorized(textForbidden(i.ID)))
		}
		call.Record.Note("identity", audit.Passed, "guest "+i.ID, call.Time)
		return i, p, nil, nil
	}
	logins, err := s.prove(ctx, call, p, given)
	if err != nil {
		return nil, nil, nil, err
	}
	i, err = s.resolve(ctx, call, wanted{pool: p, id: id, logins: logins})
	return i, p, logins, err
}

func refused(call *access.Call, why string, err error) error {
	call.Record.Note("identity", audit.Refused, why, call.Time)
	return err
}
