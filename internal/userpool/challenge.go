package userpool

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Challenge is a step that a sign-in waits for. The client holds a session
// text, of which only the keyed hash is kept; it works once, for the pool,
// client, user and step it was made for.
type Challenge struct {
	ID       string // keyed hash of the session
	PoolID   string
	ClientID string
	NameKey  string
	Sub      string
	Epoch    int64
	Name     string
	Expires  int64 // Unix milliseconds
}

const (
	defaultSession = 3 // minutes; AuthSessionValidity
	lateAnswer     = time.Hour
	sessionBytes   = 192 // AWS's sessions are long; clients allow 20 to 2048 characters
)

func (s *Service) challengeID(session string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "session", session))
}

// openChallenge keeps what the sign-in waits for and returns the session text.
func (s *Service) openChallenge(ctx context.Context, a attempt, u *User, name types.ChallengeNameType, now time.Time) (string, error) {
	b := make([]byte, sessionBytes)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", err
	}
	session := base64.RawURLEncoding.EncodeToString(b)
	return session, challengeTable.Insert(ctx, s.db, &Challenge{
		ID: s.challengeID(session), PoolID: a.pool.ID, ClientID: a.client.ID, NameKey: u.NameKey, Sub: u.Sub, Epoch: u.Epoch,
		Name: string(name), Expires: now.Add(a.client.sessionValidity()).UnixMilli(),
	})
}

// readChallenge returns the challenge of a session and its user, if the session
// is this client's, for that step, and not used or late.
func (s *Service) readChallenge(ctx context.Context, from store.Session, a attempt, session string, name types.ChallengeNameType, now time.Time) (*Challenge, *User, error) {
	ch, err := challengeTable.Get(ctx, from, s.challengeID(session))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, err
	case ch.PoolID != a.pool.ID || ch.ClientID != a.client.ID || ch.Name != string(name):
		return nil, nil, notAuthorized(textSessionInvalid)
	case now.UnixMilli() >= ch.Expires:
		return nil, nil, notAuthorized(textSessionExpired)
	}
	u, err := userTable.Get(ctx, from, ch.PoolID, ch.NameKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, err
	case u.Sub != ch.Sub || u.Epoch != ch.Epoch:
		return nil, nil, notAuthorized(textSessionInvalid)
	case !u.Enabled:
		return nil, nil, notAuthorized(textDisabled)
	}
	return ch, u, nil
}

// askNewPassword is the answer to a right temporary password.
func (s *Service) askNewPassword(ctx context.Context, a attempt, u *User, now time.Time) (*answered, error) {
	shown := map[string]string{}
	for name, value := range u.Attributes {
		if rule, ok := a.pool.Schema.Find(name); ok && !rule.DeveloperOnly && a.client.mayRead(rule) {
			shown[name] = value
		}
	}
	attributes, err := json.Marshal(shown)
	if err != nil {
		return nil, err
	}
	missing := []string{}
	for _, name := range a.pool.Schema.missing(u.Attributes) {
		missing = append(missing, attributeInput+name)
	}
	required, err := json.Marshal(missing)
	if err != nil {
		return nil, err
	}
	session, err := s.openChallenge(ctx, a, u, types.ChallengeNameTypeNewPasswordRequired, now)
	if err != nil {
		return nil, err
	}
	return &answered{
		challenge: types.ChallengeNameTypeNewPasswordRequired,
		session:   session,
		parameters: map[string]string{
			"USER_ID_FOR_SRP":    u.Username,
			"userAttributes":     string(attributes),
			"requiredAttributes": string(required),
		},
	}, nil
}

const attributeInput = "userAttributes."

// RespondToAuthChallenge answers a challenge of InitiateAuth.
func (s *Service) RespondToAuthChallenge(ctx context.Context, call *access.Call, in *idp.RespondToAuthChallengeInput) (*idp.RespondToAuthChallengeOutput, error) {
	p, c, err := s.anyClient(in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, parameters: in.ChallengeResponses, address: call.Source}
	a.believeClient(in.UserContextData)
	done, err := s.respond(ctx, call, a, in.ChallengeName, deref(in.Session))
	if err != nil {
		return nil, err
	}
	return &idp.RespondToAuthChallengeOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session),
	}, nil
}

// AdminRespondToAuthChallenge answers a challenge of AdminInitiateAuth.
func (s *Service) AdminRespondToAuthChallenge(ctx context.Context, call *access.Call, in *idp.AdminRespondToAuthChallengeInput) (*idp.AdminRespondToAuthChallengeOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	c, err := s.client(p, in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, admin: true, parameters: in.ChallengeResponses, address: call.Source, shared: true}
	if in.ContextData != nil {
		a.believe(in.ContextData.IpAddress)
	}
	done, err := s.respond(ctx, call, a, in.ChallengeName, deref(in.Session))
	if err != nil {
		return nil, err
	}
	return &idp.AdminRespondToAuthChallengeOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session),
	}, nil
}

func (s *Service) respond(ctx context.Context, call *access.Call, a attempt, name types.ChallengeNameType, session string) (*answered, error) {
	username := a.parameters["USERNAME"]
	if username == "" {
		return nil, invalid(textUsernameRequired)
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], username); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	if name == "" {
		return nil, invalid("Missing required parameter Challenge Name")
	}
	step, ok := steps[name]
	if !ok {
		return nil, unsupported("The challenge " + string(name))
	}
	if session == "" && !step.sessionless || len(session) > 2048 {
		return nil, s.refused(call, "session", notAuthorized(textSessionInvalid))
	}
	done, err := step.answer(s, ctx, call, a, username, session)
	if err != nil {
		return nil, s.refused(call, step.name, err)
	}
	call.Record.Note(step.name, audit.Passed, "pool "+a.pool.ID, call.Time)
	return done, nil
}

// step is how the answer to one challenge is proved. The secret hash is checked
// by then; the session is not, but is there.
type step struct {
	name        string // in the record
	sessionless bool   // clients answer without a session: the challenge has another way to be known again
	answer      func(s *Service, ctx context.Context, call *access.Call, a attempt, username, session string) (*answered, error)
}

// steps are the challenges that can be answered.
var steps = map[types.ChallengeNameType]step{
	types.ChallengeNameTypeNewPasswordRequired: {name: "new password", answer: (*Service).setNewPassword},
	types.ChallengeNameTypePasswordVerifier:    {name: "password proof", sessionless: true, answer: (*Service).proveSRP},
}

// setNewPassword completes NEW_PASSWORD_REQUIRED. Of two answers with one
// session one wins: using the session up and setting the password are one
// transaction. A password or an attribute that the rules refuse leaves the
// session as it is, so that the person can try another.
func (s *Service) setNewPassword(ctx context.Context, call *access.Call, a attempt, username, session string) (*answered, error) {
	const step = types.ChallengeNameTypeNewPasswordRequired
	_, u, err := s.readChallenge(ctx, s.db, a, session, step, call.Time)
	if err != nil {
		return nil, err
	}
	named, err := findUser(ctx, s.db, a.pool.Pool, username)
	if err != nil {
		return nil, err
	}
	if named == nil || named.Sub != u.Sub {
		return nil, notAuthorized(textSessionInvalid)
	}
	password := a.parameters["NEW_PASSWORD"]
	if password == "" {
		return nil, invalid(textNewPasswordMissing)
	}
	if err := a.pool.Policy.Check(password); err != nil {
		return nil, err
	}
	given, err := a.givenAttributes(u)
	if err != nil {
		return nil, err
	}
	kept, err := s.keep(ctx, a.pool.Pool, u, password)
	if err != nil {
		return nil, err
	}

	var g *Grant
	var refresh string
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		ch, found, err := s.readChallenge(ctx, tx, a, session, step, call.Time)
		if err != nil {
			return err
		}
		if err := challengeTable.Delete(ctx, tx, ch.ID); errors.Is(err, store.ErrNotFound) {
			return notAuthorized(textSessionInvalid)
		} else if err != nil {
			return err
		}
		u, err = updateUser(ctx, tx, a.pool.Pool, found.NameKey, func(u *User) error {
			if u.Status != ForceChangePassword || u.Sub != ch.Sub || u.Epoch != ch.Epoch {
				return notAuthorized(textSessionInvalid)
			}
			u.setAttributes(given)
			u.setPassword(kept, call.Time)
			u.Status, u.Modified = Confirmed, call.Time
			return nil
		})
		if err != nil {
			return err
		}
		g, refresh, err = s.newGrant(ctx, tx, a.client, u, call.Time)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.signedIn(ctx, a, u, g, refresh, call.Time)
}

// givenAttributes are the attributes that a person sets with their new
// password: those that the client may write. A required one that has a value
// stays, or whoever learns a temporary password could move the account to
// another address.
func (a attempt) givenAttributes(u *User) (map[string]string, error) {
	given := map[string]string{}
	for key, value := range a.parameters {
		if name, ok := strings.CutPrefix(key, attributeInput); ok {
			given[name] = value
		}
	}
	for _, name := range sortedNames(given) {
		rule, ok := a.pool.Schema.Find(name)
		switch {
		case !ok:
			return nil, invalid(textUnknownAttribute(name))
		case !a.client.mayWrite(rule):
			return nil, notAuthorized(textUnwritable)
		case rule.Required && u.Attributes[name] != "":
			return nil, notAuthorized(textProvided(name))
		case !rule.Mutable && u.Attributes[name] != "":
			return nil, invalid(textImmutable(name))
		}
	}
	if err := a.pool.Schema.checkAttributes(given); err != nil {
		return nil, err
	}
	after := maps.Clone(u.Attributes)
	if after == nil {
		after = map[string]string{}
	}
	maps.Copy(after, given)
	if missing := a.pool.Schema.missing(after); len(missing) > 0 {
		return nil, invalid(textRequired(missing[0]))
	}
	return given, nil
}
