package userpool

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

type preAuthenticationRequest struct {
	Attributes map[string]string `json:"userAttributes"`
	Validation map[string]string `json:"validationData"`
	NotFound   *bool             `json:"userNotFound,omitempty"` // of clients that hide their users
}

// preAuthenticate asks the pool's trigger whether a sign-in may begin, before a
// password or a proof is looked at. typed is the name that was given, u the user
// of it; nobody is asked about only where the client hides its users, and then the
// function hears that there is none. Whom the backoff keeps out, no function hears
// of; and the wait for their turn comes after it, so that a slow function holds up
// nobody's. The user that it returns is as the function left them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
func (s *Service) preAuthenticate(ctx context.Context, call *access.Call, a attempt, u *User, typed string) (*User, error) {
	hides := a.client.HideUsers
	if a.handsOn || a.pool.function(trigger.PreAuthentication) == "" || u == nil && !hides {
		return u, nil
	}
	key, err := s.countedAs(a.pool.Pool, u, typed)
	if err != nil {
		return nil, err
	}
	now := latest(call.Time, s.clock.Now())
	if _, err := s.admit(ctx, a, u, s.guessesFor(a.pool.ID, key, a.address, a.shared), now); err != nil {
		return nil, err
	}
	request := preAuthenticationRequest{Attributes: map[string]string{}, Validation: a.metadata}
	username := typed
	if u != nil {
		request.Attributes, username = a.pool.toldOf(u), u.Username
	}
	if hides {
		request.NotFound = ptr(u == nil)
	}
	_, err = s.trigger(ctx, call, occasion{
		pool: a.pool.Pool, client: a.client.ID, kind: trigger.PreAuthentication, what: authentication, username: username,
		request: request, response: &nothing{},
	})
	if err != nil {
		return nil, err
	}
	return s.again(ctx, u)
}

// again reads a user once more, whom a function may have changed. nil is nobody,
// before or since.
func (s *Service) again(ctx context.Context, u *User) (*User, error) {
	if u == nil {
		return nil, nil
	}
	now, err := userTable.Get(ctx, s.db, u.PoolID, u.NameKey)
	if errors.Is(err, store.ErrNotFound) || err == nil && now.Sub != u.Sub {
		return nil, nil
	}
	return now, err
}

type postAuthenticationRequest struct {
	Attributes map[string]string `json:"userAttributes"`
	NewDevice  bool              `json:"newDeviceUsed"`
	Metadata   map[string]string `json:"clientMetadata,omitempty"`
}

// postAuthenticate tells the pool's function that somebody has proved all that they
// had to. If it fails there are no tokens. The user that it returns is as the
// function left them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html
func (s *Service) postAuthenticate(ctx context.Context, call *access.Call, a attempt, u *User, newDevice bool) (*User, error) {
	ran, err := s.trigger(ctx, call, occasion{
		pool: a.pool.Pool, client: a.client.ID, kind: trigger.PostAuthentication, what: authentication, username: u.Username,
		request: postAuthenticationRequest{a.pool.toldOf(u), newDevice, a.told()}, response: &nothing{},
	})
	if err != nil || !ran {
		return u, err
	}
	now, err := s.again(ctx, u)
	switch {
	case err != nil:
		return nil, err
	case now == nil || now.Epoch != u.Epoch: // gone, or signed out everywhere
		return nil, notAuthorized(textSessionInvalid)
	case !now.Enabled:
		return nil, notAuthorized(textDisabled)
	case now.Status != Confirmed: // the function wants another password of them first
		return nil, notAuthorized(textSessionInvalid)
	}
	return now, nil
}
