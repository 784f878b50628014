package userpool

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// attributeInput is what attributes are called in challenge responses.
const attributeInput = "userAttributes."

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

// setNewPassword completes NEW_PASSWORD_REQUIRED. Of two answers with one
// session one wins: using the session up and setting the password are one
// transaction. A password or an attribute that the rules refuse leaves the
// session as it is, so that the person can try another.
func (s *Service) setNewPassword(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	password := a.parameters["NEW_PASSWORD"]
	if password == "" {
		return nil, invalid(textNewPasswordMissing)
	}
	if err := a.pool.Policy.Check(password); err != nil {
		return nil, err
	}
	given, err := a.givenAttributes(r.user)
	if err != nil {
		return nil, err
	}
	kept, err := s.keepFor(ctx, a.pool.Pool, r.user, password, origin{client: a.client.Client, address: a.address})
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		ch, found, err := s.readChallenge(ctx, tx, a, r.session, types.ChallengeNameTypeNewPasswordRequired, call.Time)
		if err != nil {
			return err
		}
		if err := useChallenge(ctx, tx, ch); err != nil {
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
		return err
	})
	if err != nil {
		return nil, err
	}
	a.progress.NewPassword = true
	return s.next(ctx, call, a, u)
}

// turnsSecond says whether a value would send the codes of a user's second factor
// somewhere else: whoever learned the temporary password would bring their own phone.
func (p *Pool) turnsSecond(u *User, rule Attribute, value string) bool {
	if value == u.Attributes[rule.Name] || rule.Required || len(p.secondFactorsOf(u)) == 0 {
		return false
	}
	return slices.ContainsFunc(p.offered(), func(f Factor) bool { return f.attribute() == rule.Name })
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
		case a.pool.turnsSecond(u, rule, given[name]):
			return nil, notAuthorized(textUnwritable)
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
