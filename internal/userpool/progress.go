package userpool

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
)

// Progress is how far a sign-in has come. A challenge carries it from one call to
// the next, so it says only what was proved, never a secret.
type Progress struct {
	Custom      bool `json:",omitempty"` // the pool's functions lead, or led, the sign-in
	NewPassword bool `json:",omitempty"` // a temporary password was replaced

	First  types.AuthFactorType `json:",omitempty"` // of USER_AUTH: what the sign-in began with
	Second Factor               `json:",omitempty"` // the second factor that was proved
	Asks   Factor               `json:",omitempty"` // the second factor that the challenge asks for
	Mail   string               `json:",omitempty"` // the address that becomes the user's with the code that went there

	DeviceKey    string `json:",omitempty"` // the device that the client says it is
	DeviceProved string `json:",omitempty"` // the device that proved itself, in the place of a second factor
}

// stage is one thing that stands between a proved first factor and the tokens.
// It returns a challenge, a refusal, or nil if the sign-in may go on.
type stage func(s *Service, ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error)

// stages are asked in this order, each time that something was proved.
var stages = []stage{
	(*Service).standing,
	(*Service).knownDevice,
	(*Service).secondFactor,
}

// next goes on with a user who has proved something, by whichever flow: it asks
// for what is still due, or ends the sign-in with tokens. What was proved so far
// stands in a.progress.
func (s *Service) next(ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error) {
	a.event.of(u)
	a.noteDevice()
	for _, stage := range stages {
		if done, err := stage(s, ctx, call, a, u); done != nil || err != nil {
			return done, err
		}
	}
	return s.finish(ctx, call, a, u)
}

// standing lets the sign-in go on where the account stands well, and asks for a
// new password in the place of a temporary one.
func (s *Service) standing(ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error) {
	switch u.Status {
	case Confirmed:
		return nil, nil
	case Unconfirmed:
		text := textUnconfirmed
		return nil, &types.UserNotConfirmedException{Message: &text}
	case ResetRequired:
		text := textResetRequired
		return nil, &types.PasswordResetRequiredException{Message: &text}
	case ForceChangePassword:
		if call.Time.After(u.PasswordSet.Add(a.pool.temporaryValidity())) {
			return nil, s.refused(call, "temporary password", notAuthorized(textTemporaryExpired))
		}
		return s.askNewPassword(ctx, a, u, call.Time)
	default:
		return nil, notAuthorized(textWrongPassword)
	}
}

// finish is the end of a sign-in: a grant, its refresh token and its first tokens.
func (s *Service) finish(ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error) {
	on, err := s.deviceOfSignIn(ctx, a, u, call.Time)
	if err != nil {
		return nil, err
	}
	if u, err = s.postAuthenticate(ctx, call, a, u, on.new); err != nil {
		return nil, s.refused(call, "sign-in", err)
	}
	g, refresh, err := s.newGrant(a.client, u, on, call.Time)
	if err != nil {
		return nil, err
	}
	result, err := s.issue(ctx, call, issuance{
		pool: a.pool, client: a.client, user: u, grant: g, device: on.claimed(), what: a.progress.ending(), metadata: a.told(), time: call.Time,
	})
	if err != nil {
		return nil, err
	}
	if err := grantTable.Insert(ctx, s.db, g); err != nil {
		return nil, err
	}
	result.RefreshToken = &refresh
	result.NewDeviceMetadata = s.deviceMetadata(a.pool.Pool, on)
	return &answered{result: result}, nil
}

// ending is how AWS calls a sign-in that ends with this progress.
func (p Progress) ending() string {
	switch {
	case p.NewPassword:
		return "NewPasswordChallenge"
	case p.DeviceProved != "":
		return "AuthenticateDevice"
	}
	return "Authentication"
}
