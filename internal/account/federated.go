package account

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// What the two ways of assuming a role without a key have in common, and their words.

// AWS's texts, as far as they are known; the other refusals have texts of ours.
const (
	textNoJWT          = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	textNoKey          = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	textUnreachable    = "Couldn't reach your identity provider to retrieve its verification keys."
	textUnproved       = "The ID Token provided could not be verified: its signature does not hold."
	textNotYet         = "The ID Token provided is not valid yet."
	textProviderID     = "ProviderId goes with OAuth 2.0 access tokens only; an OpenID Connect ID token names its provider itself."
	textSourceIdentity = `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`
)

func invalidIdentity(format string, args ...any) error {
	return &types.InvalidIdentityTokenException{Message: text(format, args)}
}

// federatedSession is what both operations answer.
type federatedSession struct {
	credentials    *types.Credentials
	user           *types.AssumedRoleUser
	packed         *int32
	sourceIdentity *string
}

// assumeFederated makes the session that a role's trust policy allows to a
// proved principal. A role that is not there reads as one that does not trust.
// redeem, if there is one, runs when nothing else can refuse any more; it may
// shorten the session.
func (s *Service) assumeFederated(call *access.Call, a *Assumption, p *passed, duration *int32, redeem func(seconds *int32) error) (*federatedSession, error) {
	seconds := int32(minMaxSession)
	if duration != nil {
		seconds = *duration
	}
	if call.Record != nil {
		call.Record.Resource = a.RoleARN
	}
	packed, err := p.packedSize()
	if err != nil {
		return nil, err
	}
	if err := a.fits(); err != nil {
		return nil, err
	}
	target, err := s.trusts(call, a, p, seconds)
	if errors.Is(err, ErrNotTrusted) {
		call.Record.Note("authorise", audit.Refused, err.Error(), call.Time)
		return nil, accessDenied("Not authorized to perform %s", a.Action)
	}
	if err != nil {
		return nil, err
	}
	if seconds > target.Role.MaxSession {
		return nil, tooLongForRole()
	}
	if redeem != nil {
		if err := redeem(&seconds); err != nil {
			return nil, err
		}
	}
	credentials, err := s.credentials(a.session(target, p), call.Time, seconds)
	if err != nil {
		return nil, err
	}
	made := &federatedSession{
		credentials: credentials, packed: packed,
		user: &types.AssumedRoleUser{Arn: new(s.assumedARN(target.Name, a.Session)), AssumedRoleId: new(target.ID + ":" + a.Session)},
	}
	if p.SourceIdentity != "" {
		made.sourceIdentity = &p.SourceIdentity
	}
	return made, nil
}

// untilEnd is how many whole seconds are left, at most.
func untilEnd(now, end time.Time, seconds int32) int32 {
	return int32(min(int64(seconds), int64(end.Sub(now)/time.Second)))
}
