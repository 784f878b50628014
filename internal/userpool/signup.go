package userpool

import (
	"context"
	"errors"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// SignUp makes an account for whoever asks, unconfirmed until its owner brings
// the code that is sent, or an administrator confirms it. Of two who ask for one
// name at once, one gets it.
func (s *Service) SignUp(ctx context.Context, call *access.Call, in *idp.SignUpInput) (*idp.SignUpOutput, error) {
	p, c, err := s.anyClient(in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := c.checkSecretHash(deref(in.SecretHash), deref(in.Username)); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	if err := s.refuseAddress(call, p.Pool, c.Client, call.Source, false); err != nil {
		return nil, err
	}
	if p.AdminOnly {
		return nil, s.refused(call, "sign-up", notAuthorized(textSignUpOff))
	}
	passwordless := deref(in.Password) == "" && p.offersChoice(c.Client)
	if !passwordless {
		if err := p.Policy.Check(deref(in.Password)); err != nil {
			return nil, err
		}
	}
	u, err := s.selfMade(p, c, in, call)
	if err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	if passwordless && p.reachable(func(a string) bool { return u.Attributes[a] != "" }) == "" {
		return nil, p.Policy.Check("") // no code could ever sign them in
	}
	if err := s.maySignUp(ctx, c, call.Source, call.Time); err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	// That a name is taken is no secret here, so a hash need not be made to keep it.
	if err := nameFree(ctx, s.db, p.Pool, u); err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	if err := s.admitSignUp(ctx, call, p, c, u, in); err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	if !passwordless {
		kept, err := s.keepFor(ctx, p.Pool, u, *in.Password, origin{client: c.Client, address: call.Source, event: types.EventFilterTypeSignUp})
		if err != nil {
			return nil, err
		}
		u.setPassword(kept, call.Time)
	}
	d, err := s.signUpCode(ctx, call, p.Pool, c, u, in.ClientMetadata)
	if err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	out := &idp.SignUpOutput{UserSub: &u.Sub, UserConfirmed: u.Status == Confirmed}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if p.AdminOnly {
			return notAuthorized(textSignUpOff)
		}
		if err := insertUser(ctx, tx, p, u); err != nil {
			return err
		}
		if err := s.countSignUp(ctx, tx, c, call.Source, call.Time); err != nil || d == nil {
			return err
		}
		out.CodeDeliveryDetails = deliveryDetails(d.code.Attribute, d.code.Value)
		return s.deliver(ctx, tx, d)
	})
	var taken *types.AliasExistsException
	if errors.Is(err, errUserTaken) || errors.As(err, &taken) {
		err = nameTaken()
	}
	if err != nil {
		return nil, s.refused(call, "sign-up", err)
	}
	session, err := s.openSignUp(ctx, p, c, u, call.Time)
	if err != nil {
		return nil, err
	}
	out.Session = optional(session)
	s.note(call, p.Pool, u.Sub, types.EventTypeSignUp, types.EventResponseTypePass, nil)
	call.Record.Note("sign-up", audit.Passed, "user "+u.Sub+", client "+c.ID, call.Time)
	if u.Status == Confirmed {
		if err := s.postConfirmation(ctx, call, "ConfirmSignUp", c.ID, p.Pool, u, in.ClientMetadata); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// signUpCode is the code that proves a new account, or nil: the account is
// confirmed already, or has no address that the pool would prove.
func (s *Service) signUpCode(ctx context.Context, call *access.Call, p *Pool, c *clientState, u *User, metadata map[string]string) (*delivery, error) {
	a := p.signUpAddress(u)
	if a == "" || u.Status == Confirmed {
		return nil, nil
	}
	code, text, err := s.newCode(p.ID, u.Sub, c.ID, codeSignUp, a, u.Attributes[a], call.Time)
	if err != nil {
		return nil, err
	}
	return s.compose(ctx, call, letter{pool: p, user: u, client: c.ID, what: "SignUp", metadata: metadata}, code, text)
}

// selfMade is the user that somebody describes who makes their own account: with
// the attributes that the client may write, all that the pool requires, and
// nothing proved yet.
func (s *Service) selfMade(p *poolState, c *clientState, in *idp.SignUpInput, call *access.Call) (*User, error) {
	u, err := s.newUser(p.Pool, &idp.AdminCreateUserInput{Username: in.Username, UserAttributes: in.UserAttributes}, call.Time)
	if err != nil {
		return nil, err
	}
	for _, given := range in.UserAttributes {
		name := deref(given.Name)
		rule, ok := p.Schema.Find(name)
		switch {
		case !ok:
			return nil, invalid(textUnknownAttribute(name))
		case !c.mayWrite(rule):
			return nil, notAuthorized(textUnwritable)
		}
	}
	if missing := p.Schema.missing(u.Attributes); len(missing) > 0 {
		return nil, invalid(textRequired(missing[0]))
	}
	for _, a := range addresses {
		if u.Attributes[a] != "" {
			u.Attributes[verifiedOf(a)] = "false"
		}
	}
	u.Status = Unconfirmed
	return u, nil
}

// nameFree refuses a new user one of whose names is somebody's already.
func nameFree(ctx context.Context, session store.Session, p *Pool, u *User) error {
	for name := range p.names(u) {
		holder, err := findUser(ctx, session, p, name)
		if err != nil {
			return err
		}
		if holder != nil {
			return nameTaken()
		}
	}
	return nil
}

func nameTaken() error {
	text := textNameTaken
	return &types.UsernameExistsException{Message: &text}
}
