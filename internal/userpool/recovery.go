package userpool

import (
	"bytes"
	"context"
	"errors"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// ForgotPassword sends a code for a new password to an address that the user
// has proved, and nowhere else.
func (s *Service) ForgotPassword(ctx context.Context, call *access.Call, in *idp.ForgotPasswordInput) (*idp.ForgotPasswordOutput, error) {
	n, err := s.whom(ctx, call, in.ClientId, in.SecretHash, in.Username)
	var unknown *types.UserNotFoundException
	if (err == nil || errors.As(err, &unknown)) && len(n.pool.recoveryAddresses()) == 0 { // for whomever
		return nil, s.refused(call, "recovery code", notAuthorized(textAdminRecovers))
	}
	asked := false
	if err == nil || errors.As(err, &unknown) {
		asked, err = s.lookElsewhere(ctx, call, n, in.ClientMetadata, err)
	}
	if err != nil {
		return nil, s.refused(call, "recovery code", err)
	}
	candidates := n.pool.recoveryAddresses()
	if err := s.hideDisabled(n); err != nil {
		return nil, s.refused(call, "recovery code", err)
	}
	attribute := ""
	if n.user != nil {
		var reason error
		if attribute, reason = n.pool.recoverable(n.user); reason != nil {
			if err := s.hide(n, reason); err != nil {
				return nil, s.refused(call, "recovery code", err)
			}
		}
	}
	if !asked {
		if err := s.spendOf(ctx, allowForgot, n, call.Source, call.Time); err != nil {
			return nil, s.refused(call, "recovery code", err)
		}
	}
	details, err := s.send(ctx, call, n, codePassword, attribute, candidates, in.ClientMetadata)
	if err != nil {
		return nil, s.refused(call, "recovery code", err)
	}
	s.noteOf(call, n, types.EventTypeForgotPassword, types.EventResponseTypeInProgress, nil)
	call.Record.Note("recovery code", audit.Passed, sentTo(n), call.Time)
	return &idp.ForgotPasswordOutput{CodeDeliveryDetails: details}, nil
}

// recoverable is where a code for a new password can be sent to, or why not: an
// account that waits for its first own password has another way, and one
// without a proved address has none.
func (p *Pool) recoverable(u *User) (attribute string, why error) {
	if u.Status == ForceChangePassword {
		return "", notAuthorized(textCannotReset)
	}
	if attribute = p.recoveryAddress(u); attribute == "" {
		return "", invalid(textNoRecovery)
	}
	return attribute, nil
}

// ConfirmForgotPassword sets a new password with the code that was sent, and
// ends every sign-in of the old one: it may have been somebody else's.
func (s *Service) ConfirmForgotPassword(ctx context.Context, call *access.Call, in *idp.ConfirmForgotPasswordInput) (*idp.ConfirmForgotPasswordOutput, error) {
	n, err := s.whom(ctx, call, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, s.refused(call, "recovery code", err)
	}
	u, err := s.recover(ctx, call, n, deref(in.ConfirmationCode), deref(in.Password))
	s.noteOf(call, n, types.EventTypeForgotPassword, types.EventResponseTypePass, err)
	if err != nil {
		return nil, s.refused(call, "recovery code", err)
	}
	call.Record.Note("recovery code", audit.Passed, "user "+n.sub, call.Time)
	if err := s.postConfirmation(ctx, call, "ConfirmForgotPassword", n.client.ID, n.pool.Pool, u, in.ClientMetadata); err != nil {
		return nil, err
	}
	return &idp.ConfirmForgotPasswordOutput{}, nil
}

func (s *Service) recover(ctx context.Context, call *access.Call, n *named, answer, password string) (recovered *User, err error) {
	if err := n.pool.Policy.Check(password); err != nil {
		return nil, err
	}
	if err := s.hideDisabled(n); err != nil {
		return nil, err
	}
	if n.user != nil {
		// Whom no code is sent to was nobody to ForgotPassword, and is so here.
		if _, reason := n.pool.recoverable(n.user); reason != nil && s.hide(n, reason) != nil {
			return nil, codeExpired()
		}
	}
	if err := s.spendOf(ctx, allowConfirmForgot, n, call.Source, call.Time); err != nil {
		return nil, err
	}
	code, err := s.tryCode(ctx, s.codeID(n.pool.ID, n.sub, codePassword, ""), n.client.ID, answer, call.Time)
	if err != nil {
		return nil, err
	}
	if n.user == nil {
		return nil, codeMismatch()
	}
	// Only a right code is worth the price of a hash.
	kept, err := s.keepFor(ctx, n.pool.Pool, n.user, password, origin{client: n.client.Client, address: call.Source})
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, n.pool.ID, func(tx *store.Tx, p *Pool) error {
		if err := useCode(ctx, tx, code); err != nil {
			return err
		}
		recovered, err = updateUser(ctx, tx, p, n.user.NameKey, func(u *User) error {
			switch {
			case u.Sub != n.user.Sub || u.Status == ForceChangePassword:
				return codeExpired()
			case u.Attributes[code.Attribute] != code.Value || !u.verified(code.Attribute):
				return codeExpired() // it went to an address that is theirs no longer
			case code.Issued.Before(u.PasswordSet):
				return codeExpired() // a password was set since: whoever has the code is late
			case !u.Enabled:
				return notAuthorized(textDisabled)
			}
			u.setPassword(kept, call.Time)
			u.Status, u.Modified = Confirmed, call.Time
			u.endSignIns(call.Time)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	// Who has proved to be the owner need not wait for their own failures.
	return recovered, s.forget(ctx, s.guessesFor(n.pool.ID, n.user.NameKey, call.Source, false))
}

// endSignIns kills every token and challenge of before this second. The owner,
// who signs in with the new password at once, must not be shut out by it.
func (u *User) endSignIns(now time.Time) {
	u.Epoch, u.SignedOut = u.Epoch+1, now.Truncate(time.Second).Add(-1)
}

// AdminResetUserPassword takes a user's password out of use and sends the code
// for a new one.
func (s *Service) AdminResetUserPassword(ctx context.Context, call *access.Call, in *idp.AdminResetUserPasswordInput) (*idp.AdminResetUserPasswordOutput, error) {
	p, found, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if len(p.recoveryAddresses()) == 0 {
		return nil, notAuthorized(textAdminRecovers)
	}
	attribute, err := p.resettable(found)
	if err != nil {
		return nil, err
	}
	code, text, err := s.newCode(p.ID, found.Sub, "", codePassword, attribute, found.Attributes[attribute], call.Time)
	if err != nil {
		return nil, err
	}
	l := letter{pool: p.Pool, user: found, what: "ForgotPassword", metadata: in.ClientMetadata}
	d, err := s.compose(ctx, call, l, code, text)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		_, err := updateUser(ctx, tx, p, found.NameKey, func(u *User) error {
			if u.Sub != found.Sub {
				return noUser()
			}
			_, why := p.resettable(u)
			u.Status, u.Modified = ResetRequired, call.Time
			return why
		})
		if err != nil {
			return err
		}
		return s.deliver(ctx, tx, d)
	})
	if err != nil {
		return nil, err
	}
	return &idp.AdminResetUserPasswordOutput{}, nil
}

// resettable is where the code goes that lets a user choose another password, or
// why an administrator cannot ask for that.
func (p *Pool) resettable(u *User) (attribute string, why error) {
	switch {
	case !u.Enabled:
		return "", notAuthorized(textDisabled)
	case u.Status != Confirmed && u.Status != ResetRequired:
		return "", notAuthorized(textCannotReset)
	}
	return p.recoverable(u)
}

// ChangePassword sets a new password for the bearer, who must know the old one.
// Their sign-ins go on, as in AWS.
func (s *Service) ChangePassword(ctx context.Context, call *access.Call, in *idp.ChangePasswordInput) (*idp.ChangePasswordOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	err = s.changePassword(ctx, call, who, deref(in.PreviousPassword), deref(in.ProposedPassword))
	s.note(call, who.pool.Pool, who.user.Sub, types.EventTypePasswordChange, types.EventResponseTypePass, err)
	if err != nil {
		return nil, s.refused(call, "password", err)
	}
	call.Record.Note("password", audit.Passed, "changed by user "+who.user.Sub, call.Time)
	return &idp.ChangePasswordOutput{}, nil
}

func (s *Service) changePassword(ctx context.Context, call *access.Call, who *session, previous, proposed string) error {
	if who.user.Status == ResetRequired {
		text := textResetRequired
		return &types.PasswordResetRequiredException{Message: &text}
	}
	if err := who.pool.Policy.Check(proposed); err != nil {
		return err
	}
	if err := s.spend(ctx, allowChangePassword, who.pool.ID, who.user.Sub, call.Source, call.Time); err != nil {
		return err
	}
	// A token that was stolen must not open more guesses than a sign-in has.
	a := attempt{pool: who.pool, client: who.client, address: call.Source}
	if len(who.user.Password) == 0 && previous == "" {
		return s.firstPassword(ctx, call, who, proposed)
	}
	u, err := s.guess(ctx, call, a, who.user, who.user.NameKey, func() (bool, error) {
		if len(previous) > 4*maxPassword {
			return false, nil
		}
		return s.passwords.Matches(ctx, who.user.owner(), who.user.Password, previous)
	})
	if err != nil {
		return err
	}
	kept, err := s.keepFor(ctx, who.pool.Pool, u, proposed, origin{client: who.client.Client, address: call.Source})
	if err != nil {
		return err
	}
	return s.changeUser(ctx, who.pool, u, call.Time, func(now *User) error {
		if !bytes.Equal(now.Password, u.Password) || now.Status != Confirmed {
			return notAuthorized(textWrongPassword) // it was changed meanwhile
		}
		now.setPassword(kept, call.Time)
		return nil
	})
}

// firstPassword gives one to a user who signs in without.
func (s *Service) firstPassword(ctx context.Context, call *access.Call, who *session, proposed string) error {
	kept, err := s.keepFor(ctx, who.pool.Pool, who.user, proposed, origin{client: who.client.Client, address: call.Source})
	if err != nil {
		return err
	}
	return s.changeUser(ctx, who.pool, who.user, call.Time, func(now *User) error {
		if len(now.Password) > 0 || now.Status != Confirmed {
			return notAuthorized(textWrongPassword) // one was set meanwhile
		}
		now.setPassword(kept, call.Time)
		return nil
	})
}
