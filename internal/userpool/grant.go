package userpool

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// Grant is one sign-in: what a refresh token stands for. All tokens that come
// of it carry its OriginID.
type Grant struct {
	ID       string // keyed hash of the refresh token
	OriginID string // origin_jti
	PoolID   string
	ClientID string
	NameKey  string
	Sub      string
	AuthTime int64 // Unix seconds
	Expires  int64 // Unix milliseconds, of the refresh token
	Epoch    int64 // the user's, at the sign-in
	Revoked  bool

	// Refresh tokens that rotate have generations: the first token is 0. Replaced
	// is when those before the newest were replaced, the latest first, as far back
	// as a grace can reach; Unix milliseconds.
	Generation int64   `json:",omitempty"`
	Replaced   []int64 `json:",omitempty"`

	Device       string `json:",omitempty"` // key of the device that the sign-in is on
	DeviceKnown  bool   `json:",omitempty"` // it was confirmed before; else the key was made for this sign-in, to be confirmed or not
	DeviceProved bool   `json:",omitempty"` // it proved itself, or the key was made for this sign-in
	DeviceGone   bool   `json:",omitempty"` // it was forgotten: nothing can be refreshed
}

// newGrant is a sign-in of the user, with its refresh token. It is kept once the
// first tokens are made, which a pool's function may refuse.
func (s *Service) newGrant(c *clientState, u *User, on sessionDevice, now time.Time) (*Grant, string, error) {
	refresh, err := s.newRefreshToken()
	if err != nil {
		return nil, "", err
	}
	origin, err := newUUID(s.random)
	if err != nil {
		return nil, "", err
	}
	g := &Grant{
		ID: s.grantID(refresh), OriginID: origin, PoolID: u.PoolID, ClientID: c.ID, NameKey: u.NameKey, Sub: u.Sub,
		AuthTime: now.Unix(), Expires: now.Add(c.refreshValidity()).UnixMilli(), Epoch: u.Epoch,
		Device: on.key, DeviceKnown: on.key != "" && !on.new, DeviceProved: on.proved,
	}
	return g, refresh, nil
}

// readGrant finds the living grant of a refresh token for this client, and says
// of which generation the token is. A token that was replaced ends the grant.
func (s *Service) readGrant(ctx context.Context, token string, p *poolState, c *clientState, now time.Time) (g *Grant, generation int64, err error) {
	if token == "" || len(token) > maxToken {
		return nil, 0, notAuthorized(textRefreshInvalid)
	}
	id, generation := s.readRefreshToken(token)
	g, err = grantTable.Get(ctx, s.db, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, 0, notAuthorized(textRefreshInvalid)
	case err != nil:
		return nil, 0, err
	case g.PoolID != p.ID || g.ClientID != c.ID:
		return nil, 0, notAuthorized(textRefreshInvalid)
	case g.Revoked:
		return nil, 0, notAuthorized(textRefreshRevoked)
	case now.UnixMilli() >= g.Expires:
		return nil, 0, notAuthorized(textRefreshExpired)
	case !g.takes(generation, c.grace(), now):
		return nil, 0, s.reused(ctx, g)
	}
	return g, generation, nil
}

// holder returns the user of a grant, if the grant is still theirs to use.
func (s *Service) holder(ctx context.Context, g *Grant) (*User, error) {
	u, err := userTable.Get(ctx, s.db, g.PoolID, g.NameKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, notAuthorized(textRefreshInvalid)
	case err != nil:
		return nil, err
	case u.Sub != g.Sub: // deleted, and another made under the name
		return nil, notAuthorized(textRefreshInvalid)
	case !u.Enabled:
		return nil, notAuthorized(textDisabled)
	case u.Epoch != g.Epoch:
		return nil, notAuthorized(textRefreshRevoked)
	case u.Status == ResetRequired:
		text := textResetRequired
		return nil, &types.PasswordResetRequiredException{Message: &text}
	case u.Status != Confirmed:
		return nil, notAuthorized(textRefreshRevoked)
	}
	return u, nil
}

// refresh answers REFRESH_TOKEN_AUTH: new ID and access tokens of the same
// sign-in, without a new refresh token.
func (s *Service) refresh(ctx context.Context, call *access.Call, a attempt) (*answered, error) {
	token := a.parameters["REFRESH_TOKEN"]
	if token == "" {
		return nil, invalid(textRefreshRequired)
	}
	hash := a.parameters["SECRET_HASH"]
	// The hash covers the user name, which only the token tells. That one is
	// needed at all, or none, is said before anything is looked up.
	if (hash == "") != !a.client.confidential() {
		return nil, a.client.checkSecretHash(hash, "")
	}
	g, _, err := s.readGrant(ctx, token, a.pool, a.client, call.Time)
	if isReuse(err) { // of a client that has rotated; this operation has no such exception
		err = notAuthorized(textRefreshRevoked)
	}
	if err != nil {
		return nil, s.refused(call, "refresh token", err)
	}
	u, err := s.holder(ctx, g)
	if err != nil {
		return nil, s.refused(call, "refresh token", err)
	}
	if err := a.client.checkSecretHash(hash, u.Username, u.Sub, u.NameKey); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	result, err := s.renew(ctx, call, a, g, u, a.parameters["DEVICE_KEY"])
	if err != nil {
		return nil, err
	}
	call.Record.Note("refresh token", audit.Passed, "user "+u.Sub, call.Time)
	return &answered{result: result}, nil
}

// renew makes new ID and access tokens of a sign-in, for the device that it is on.
func (s *Service) renew(ctx context.Context, call *access.Call, a attempt, g *Grant, u *User, device string) (*types.AuthenticationResultType, error) {
	claim, err := s.deviceOfGrant(ctx, a.pool.Pool, g, device)
	if err != nil {
		return nil, s.refused(call, "device", err)
	}
	return s.issue(ctx, call, issuance{
		pool: a.pool, client: a.client, user: u, grant: g, device: claim, what: "RefreshTokens", metadata: a.told(), time: call.Time,
	})
}

// refused notes what refused a sign-in, by the error's own words, and passes it on.
// The words of a trigger's function may hold anything, and stay out of the record.
func (s *Service) refused(call *access.Call, step string, err error) error {
	outcome := audit.Failed
	if isRefusal(err) {
		outcome = audit.Refused
	}
	why := err.Error()
	if _, theirs := errors.AsType[*types.UserLambdaValidationException](err); theirs {
		why = "a trigger said no"
	}
	call.Record.Note(step, outcome, why, call.Time)
	return err
}
