package userpool

import (
	"context"
	"errors"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

type migrationRequest struct {
	Password   string            `json:"password,omitempty"`
	Validation map[string]string `json:"validationData"`
	Metadata   map[string]string `json:"clientMetadata,omitempty"`
}

type migrationResponse struct {
	Attributes map[string]string `json:"userAttributes"`
	Status     *string           `json:"finalUserStatus"`
	Message    *string           `json:"messageAction"`
	Mediums    []string          `json:"desiredDeliveryMediums"`
	ForceAlias *bool             `json:"forceAliasCreation"`
	SMSMFA     *bool             `json:"enableSMSMFA"`
}

// migrate asks the pool's trigger whether it knows somebody elsewhere by a name and
// a password, and makes them a user if so. nil is nobody. It is a guess at a
// password like any other: it runs in the turn of that name and address, however
// long the function takes, so that a thousand at once are counted one by one.
//
// A password is taken as it is, as at AWS: whether it is good enough, the function
// says by the status RESET_REQUIRED.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
func (s *Service) migrate(ctx context.Context, call *access.Call, a attempt, name, password string) (*User, error) {
	if a.pool.function(trigger.UserMigration) == "" {
		return nil, nil
	}
	u, err := s.migrant(ctx, call, a.pool.Pool, a.client, "Authentication", name, migrationRequest{Password: password, Validation: a.metadata})
	if errors.Is(err, errUserTaken) { // somebody was quicker, with this password perhaps
		if u, err = findUser(ctx, s.db, a.pool.Pool, name); err != nil || u == nil {
			return nil, err
		}
		right, err := s.passwords.Matches(ctx, u.owner(), u.Password, password)
		if err != nil || !right {
			return nil, err
		}
	}
	return u, s.unlessHidden(a.client, err)
}

// unlessHidden is the failure of a migration as a client hears of it: a client that
// hides its users hears what it hears of anybody who is not there, and so does one
// of whom the function said that it does not know them.
func (s *Service) unlessHidden(c *clientState, err error) error {
	var no *types.UserLambdaValidationException
	if isRefusal(err) && (c.HideUsers || errors.As(err, &no)) {
		return nil
	}
	return err
}

// waitAsNobody lets a wrong password of a user take as long as one of nobody, whom
// the migration trigger is asked about.
func (s *Service) waitAsNobody(ctx context.Context, a attempt) error {
	if !a.client.HideUsers {
		return nil
	}
	return s.paces.wait(ctx, a.pool.Pool, trigger.UserMigration)
}

// migrant asks about somebody and makes them a user.
func (s *Service) migrant(ctx context.Context, call *access.Call, p *Pool, c *clientState, what, name string, request migrationRequest) (*User, error) {
	var said migrationResponse
	began := s.clock.Now()
	_, err := s.trigger(ctx, call, occasion{
		pool: p, client: c.ID, kind: trigger.UserMigration, what: what, username: name, request: request, response: &said,
	})
	s.paces.note(p.ID, trigger.UserMigration, s.clock.Now().Sub(began))
	if err != nil {
		return nil, err
	}
	u, why := s.described(call, p, name, what, &said)
	if why != "" {
		return nil, s.senseless(call, trigger.UserMigration, what, why)
	}
	if u.Status == Confirmed && request.Password != "" {
		kept, err := s.keep(ctx, p, u, request.Password)
		if err != nil {
			return nil, err
		}
		u.setPassword(kept, call.Time)
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if deref(said.ForceAlias) {
			if err := releaseAliases(ctx, tx, p, u); err != nil {
				return err
			}
		}
		return insertUser(ctx, tx, p, u)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// described is the user that a function describes, or why there can be none. No
// welcome is sent, whatever messageAction says: AWS's tells a temporary password,
// and theirs is their own.
func (s *Service) described(call *access.Call, p *Pool, name, what string, said *migrationResponse) (u *User, why string) {
	if len(said.Attributes) == 0 {
		return nil, "it has no attributes"
	}
	in := &idp.AdminCreateUserInput{Username: &name}
	for _, attribute := range sortedNames(said.Attributes) {
		if attribute == attributeUsername { // of somebody who signed in with an alias
			in.Username = ptr(said.Attributes[attribute])
			continue
		}
		in.UserAttributes = append(in.UserAttributes, types.AttributeType{Name: &attribute, Value: ptr(said.Attributes[attribute])})
	}
	u, err := s.newUser(p, in, call.Time)
	if err != nil {
		return nil, "its attributes do not fit the pool"
	}
	if len(p.Schema.missing(u.Attributes)) > 0 {
		return nil, "it lacks a required attribute"
	}
	switch status := deref(said.Status); {
	case status == string(Confirmed), status == "" && what == "Authentication":
		u.Status = Confirmed
	case status == string(ResetRequired), status == "":
		u.Status = ResetRequired
	default:
		return nil, "its finalUserStatus is not known"
	}
	switch {
	case deref(said.Message) != "" && *said.Message != string(types.MessageActionTypeSuppress):
		return nil, "its messageAction is not known"
	case slices.ContainsFunc(said.Mediums, func(m string) bool { return m != "EMAIL" && m != "SMS" }):
		return nil, "its desiredDeliveryMediums are not known"
	case deref(said.SMSMFA):
		return nil, "enableSMSMFA is not supported: the user sets up a second factor"
	}
	return u, ""
}

// lookElsewhere asks the pool's function about somebody who has forgotten their
// password and is not in the pool, and makes them a user: n is then about them.
// unknown is what the client would hear of that name otherwise. asked says that an
// allowance was spent: before the function runs, so that nobody asks it endlessly.
// Of a client that hides its users, who is in the pool waits as long.
func (s *Service) lookElsewhere(ctx context.Context, call *access.Call, n *named, metadata map[string]string, unknown error) (asked bool, err error) {
	switch {
	case n.pool.function(trigger.UserMigration) == "":
		return false, unknown
	case n.user != nil && n.client.HideUsers:
		return false, s.paces.wait(ctx, n.pool.Pool, trigger.UserMigration)
	case n.user != nil:
		return false, nil
	}
	nobody := *n
	nobody.sub = s.nobodyNamed(n)
	if err := s.spendOf(ctx, allowForgot, &nobody, call.Source, call.Time); err != nil {
		return true, err
	}
	u, err := s.migrant(ctx, call, n.pool.Pool, n.client, "ForgotPassword", n.name, migrationRequest{Metadata: metadata})
	if errors.Is(err, errUserTaken) { // somebody was quicker
		u, err = findUser(ctx, s.db, n.pool.Pool, n.name)
	}
	switch {
	case err != nil && n.client.HideUsers && isRefusal(err):
		return true, nil
	case err != nil:
		return true, err
	case u == nil:
		return true, unknown
	}
	n.user, n.sub = u, u.Sub
	return true, nil
}
