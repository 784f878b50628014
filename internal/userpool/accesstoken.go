package userpool

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// tokenChecks verify a pool's tokens, of any client of the pool. They live as
// long as the pool and see its keys as they are now.
type tokenChecks struct{ id, access *verify.Verifier }

// poolKeys is a pool's current keys, for a verifier. It asks no database.
type poolKeys struct {
	service *Service
	poolID  string
}

// Key finds the public key of the pool with that id.
func (k poolKeys) Key(_ context.Context, keyID string) (verify.Key, error) {
	if p := k.service.current.Load().pools[k.poolID]; p != nil {
		for _, key := range p.keys {
			if key.ID == keyID {
				return key.key.Public(), nil
			}
		}
	}
	return verify.Key{}, verify.ErrUnknownKey
}

// KeySet gives the keys of a pool, as they are at the moment of each question.
// A pool that does not exist has none.
func (s *Service) KeySet(poolID string) verify.KeySource { return poolKeys{s, poolID} }

// rememberedTokens is how many verified tokens a pool's verifier remembers.
const rememberedTokens = 4096

func (s *Service) newTokenChecks(p *Pool) (checks tokenChecks, err error) {
	if before := s.current.Load().pools[p.ID]; before != nil {
		return before.tokens, nil
	}
	issuer, keys, now := s.issuer(p.ID), s.KeySet(p.ID), verify.WithClock(s.clock.Now)
	if checks.id, err = verify.NewIDToken(issuer, verify.AnyClient(), keys, now, verify.WithCache(rememberedTokens)); err != nil {
		return checks, err
	}
	checks.access, err = verify.NewAccessToken(issuer, verify.AnyClient(), keys, now, verify.WithCache(rememberedTokens))
	return checks, err
}

// Verifiers returns what verifies ID and access tokens of the pool with that
// ARN, for any of its clients, as API Gateway accepts them: signature, issuer,
// kind and time. Neither knows of tokens that were taken back, which AWS's
// gateway does not either. ok is false if there is no such pool.
func (s *Service) Verifiers(poolARN string) (id, access *verify.Verifier, ok bool) {
	region, poolID, ok := poolOfARN(poolARN, s.account)
	if !ok {
		return nil, nil, false
	}
	p := s.current.Load().pools[poolID]
	if p == nil || p.Region != region {
		return nil, nil, false
	}
	return p.tokens.id, p.tokens.access, true
}

// session is what an access token proved: whose it is and where it came from.
type session struct {
	pool   *poolState
	client *clientState
	user   *User
	origin string // origin_jti; "" if the client does not take tokens back
}

// authenticate proves an access token for the user's own operations: signature
// and claims, scope, and that neither the token nor its sign-in was taken back.
func (s *Service) authenticate(ctx context.Context, call *access.Call, token string) (*session, error) {
	who, err := s.openAccessToken(ctx, token)
	if err != nil {
		return nil, s.refused(call, "access token", err)
	}
	call.Record.Note("access token", audit.Passed, "user "+who.user.Sub+", client "+who.client.ID, call.Time)
	return who, nil
}

func (s *Service) openAccessToken(ctx context.Context, text string) (*session, error) {
	now := s.current.Load()
	p := now.pools[s.poolNamedBy(text)]
	if p == nil {
		return nil, notAuthorized(textAccessInvalid)
	}
	token, err := p.tokens.access.Verify(ctx, text)
	switch {
	case errors.Is(err, verify.ErrExpired):
		return nil, notAuthorized(textAccessExpired)
	case err != nil:
		return nil, notAuthorized(textAccessInvalid)
	case !token.HasScope(scopeSelf):
		return nil, notAuthorized(textAccessScope)
	}
	c := now.clients[token.ClientID()]
	if c == nil || c.PoolID != p.ID {
		return nil, notAuthorized(textAccessRevoked)
	}
	u, err := userTable.Get(ctx, s.db, p.ID, p.fold(token.Username()))
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Sub != token.Subject() {
		return nil, noUser()
	}
	if err != nil {
		return nil, err
	}
	who := &session{pool: p, client: c, user: u, origin: token.Text("origin_jti")}
	return who, s.stillGood(ctx, who, token.IssuedAt())
}

// stillGood refuses tokens that were taken back. Tokens with an origin_jti die
// with their grant; of others the time tells.
func (s *Service) stillGood(ctx context.Context, who *session, issued time.Time) error {
	if !who.user.Enabled {
		return notAuthorized(textDisabled)
	}
	if who.origin == "" {
		if !issued.After(who.user.SignedOut) {
			return notAuthorized(textAccessRevoked)
		}
		return nil
	}
	g, err := grantTable.GetBy(ctx, s.db, "origin_jti", who.origin)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notAuthorized(textAccessRevoked)
	case err != nil:
		return err
	case g.Revoked || g.Epoch != who.user.Epoch || g.Sub != who.user.Sub || g.PoolID != who.pool.ID || g.ClientID != who.client.ID:
		return notAuthorized(textAccessRevoked)
	}
	return nil
}

// poolNamedBy reads from a token, unproved, which pool it says it is of: only to
// find whose keys to hold it against.
func (s *Service) poolNamedBy(token string) string {
	if len(token) > maxToken {
		return ""
	}
	_, rest, _ := strings.Cut(token, ".")
	middle, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(middle)
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	poolID, _ := strings.CutPrefix(claims.Issuer, s.publicURL+"/")
	return poolID
}

// GetUser shows the bearer of an access token the attributes that the client may read.
func (s *Service) GetUser(ctx context.Context, call *access.Call, in *idp.GetUserInput) (*idp.GetUserOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	readable := func(name string) bool {
		rule, ok := who.pool.Schema.Find(name)
		return ok && !rule.DeveloperOnly && who.client.mayRead(rule)
	}
	factors, preferred, older := who.user.Second.shown()
	return &idp.GetUserOutput{
		Username: &who.user.Username, UserAttributes: who.user.attributeShapes(readable),
		UserMFASettingList: factors, PreferredMfaSetting: preferred, MFAOptions: older,
	}, nil
}

// GlobalSignOut takes back every token of the bearer.
func (s *Service) GlobalSignOut(ctx context.Context, call *access.Call, in *idp.GlobalSignOutInput) (*idp.GlobalSignOutOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if err := s.signOut(ctx, who.pool, who.user, call.Time); err != nil {
		return nil, err
	}
	return &idp.GlobalSignOutOutput{}, nil
}

// AdminUserGlobalSignOut takes back every token of a user.
func (s *Service) AdminUserGlobalSignOut(ctx context.Context, call *access.Call, in *idp.AdminUserGlobalSignOutInput) (*idp.AdminUserGlobalSignOutOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.signOut(ctx, p, u, call.Time); err != nil {
		return nil, err
	}
	return &idp.AdminUserGlobalSignOutOutput{}, nil
}

func (s *Service) signOut(ctx context.Context, p *poolState, u *User, now time.Time) error {
	return s.changeUser(ctx, p, u, now, func(u *User) error {
		u.takeBack(now)
		return nil
	})
}

// RevokeToken takes back one sign-in: its refresh token and the access tokens
// that came of it. A token that nobody knows is as good as revoked.
func (s *Service) RevokeToken(ctx context.Context, call *access.Call, in *idp.RevokeTokenInput) (*idp.RevokeTokenOutput, error) {
	_, c, err := s.anyClient(in.ClientId)
	if err != nil || !c.checkSecret(deref(in.ClientSecret)) {
		text := textBadClient
		return nil, s.refused(call, "client", &types.UnauthorizedException{Message: &text})
	}
	if !c.Revocation {
		text := textRevocationOff
		return nil, &types.UnsupportedOperationException{Message: &text}
	}
	token := deref(in.Token)
	if len(token) > maxToken || strings.Count(token, ".") == 2 {
		text := textNotARefreshToken
		return nil, &types.UnsupportedTokenTypeException{Message: &text}
	}
	id, _ := s.readRefreshToken(token) // of any generation: all of a sign-in die together
	_, err = grantTable.Update(ctx, s.db, func(g *Grant) error {
		if g.ClientID != c.ID {
			text := textBadClient
			return &types.UnauthorizedException{Message: &text}
		}
		g.Revoked = true
		return nil
	}, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, s.refused(call, "refresh token", err)
	}
	call.Record.Note("refresh token", audit.Passed, "client "+c.ID, call.Time)
	return &idp.RevokeTokenOutput{}, nil
}
