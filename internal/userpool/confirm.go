package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// ConfirmSignUp confirms an account by the code that was sent to its owner,
// which proves the address that it was sent to. Where the address works as a
// name and another account has it, the code stays good: the same call with
// ForceAliasCreation takes the address from there.
func (s *Service) ConfirmSignUp(ctx context.Context, call *access.Call, in *idp.ConfirmSignUpInput) (*idp.ConfirmSignUpOutput, error) {
	n, err := s.whom(ctx, call, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, s.refused(call, "sign-up code", err)
	}
	begun, err := s.readSignUp(ctx, n, deref(in.Session), call.Time)
	if err != nil {
		return nil, s.refused(call, "session", err)
	}
	u, err := s.confirm(ctx, call, n, deref(in.ConfirmationCode), in.ForceAliasCreation)
	if err != nil {
		return nil, s.refused(call, "sign-up code", err)
	}
	call.Record.Note("sign-up code", audit.Passed, "user "+n.sub, call.Time)
	if err := s.postConfirmation(ctx, call, "ConfirmSignUp", n.client.ID, n.pool.Pool, u, in.ClientMetadata); err != nil {
		return nil, err
	}
	session, err := s.openConfirmed(ctx, n, u, begun, in.Session != nil, call.Time)
	if err != nil {
		return nil, err
	}
	return &idp.ConfirmSignUpOutput{Session: optional(session)}, nil
}

func (s *Service) confirm(ctx context.Context, call *access.Call, n *named, answer string, force bool) (confirmed *User, err error) {
	if err := s.hideDisabled(n); err != nil {
		return nil, err
	}
	if n.user != nil && n.user.Status != Unconfirmed {
		if err := s.hide(n, notAuthorized(textNotToConfirm(n.user.Status))); err != nil {
			return nil, err
		}
	}
	if n.user != nil && n.pool.signUpAddress(n.user) == "" {
		// Whom no code is sent to was nobody to ResendConfirmationCode, and is so here.
		if s.hide(n, codeExpired()) != nil {
			return nil, codeExpired()
		}
	}
	if err := s.spendOf(ctx, allowConfirm, n, call.Source, call.Time); err != nil {
		return nil, err
	}
	code, err := s.tryCode(ctx, s.codeID(n.pool.ID, n.sub, codeSignUp, ""), n.client.ID, answer, call.Time)
	if err != nil {
		return nil, err
	}
	if n.user == nil {
		return nil, codeMismatch()
	}
	err = s.writePool(ctx, n.pool.ID, func(tx *store.Tx, p *Pool) error {
		if err := useCode(ctx, tx, code); err != nil {
			return err
		}
		if force {
			proved := &User{PoolID: p.ID, NameKey: n.user.NameKey, Sub: n.user.Sub, Attributes: map[string]string{
				code.Attribute: code.Value, verifiedOf(code.Attribute): "true",
			}}
			if err := releaseAliases(ctx, tx, p, proved); err != nil {
				return err
			}
		}
		confirmed, err = updateUser(ctx, tx, p, n.user.NameKey, func(u *User) error {
			switch {
			case u.Sub != n.user.Sub || u.Attributes[code.Attribute] != code.Value:
				return codeExpired()
			case !u.Enabled:
				return notAuthorized(textDisabled)
			case u.Status != Unconfirmed:
				return notAuthorized(textNotToConfirm(u.Status))
			}
			u.Attributes[verifiedOf(code.Attribute)] = "true"
			u.Status, u.Modified = Confirmed, call.Time
			return nil
		})
		return err
	})
	return confirmed, err
}

// ResendConfirmationCode sends a new sign-up code, which replaces the one before.
func (s *Service) ResendConfirmationCode(ctx context.Context, call *access.Call, in *idp.ResendConfirmationCodeInput) (*idp.ResendConfirmationCodeOutput, error) {
	n, err := s.whom(ctx, call, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, s.refused(call, "sign-up code", err)
	}
	out, err := s.resend(ctx, call, n, in.ClientMetadata)
	if err != nil {
		return nil, s.refused(call, "sign-up code", err)
	}
	s.noteOf(call, n, types.EventTypeResendCode, types.EventResponseTypePass, nil)
	call.Record.Note("sign-up code", audit.Passed, sentTo(n), call.Time)
	return out, nil
}

func (s *Service) resend(ctx context.Context, call *access.Call, n *named, metadata map[string]string) (*idp.ResendConfirmationCodeOutput, error) {
	var candidates []string
	for _, a := range addresses {
		for _, verified := range n.pool.AutoVerified {
			if a == verified {
				candidates = append(candidates, a)
			}
		}
	}
	if len(candidates) == 0 {
		return nil, invalid(textNoAutoVerify)
	}
	if err := s.hideDisabled(n); err != nil {
		return nil, err
	}
	attribute := ""
	if n.user != nil {
		attribute = n.pool.signUpAddress(n.user)
		var reason error
		switch {
		case n.user.Status != Unconfirmed:
			reason = invalid(textConfirmed)
		case attribute == "":
			reason = invalid(textNoAutoVerify)
		}
		if reason != nil {
			if err := s.hide(n, reason); err != nil {
				return nil, err
			}
		}
	}
	if err := s.spendOf(ctx, allowResend, n, call.Source, call.Time); err != nil {
		return nil, err
	}
	details, err := s.send(ctx, call, n, codeSignUp, attribute, candidates, metadata)
	if err != nil {
		return nil, err
	}
	return &idp.ResendConfirmationCodeOutput{CodeDeliveryDetails: details}, nil
}

// sentTo is what the record says of a code on its way.
func sentTo(n *named) string {
	if n.user == nil {
		return "a code for nobody: the client hides its users"
	}
	return "a code for user " + n.sub
}

// AdminConfirmSignUp confirms an account without a code. It proves no address.
func (s *Service) AdminConfirmSignUp(ctx context.Context, call *access.Call, in *idp.AdminConfirmSignUpInput) (*idp.AdminConfirmSignUpOutput, error) {
	p, found, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if err := dropCode(ctx, tx, s.codeID(p.ID, found.Sub, codeSignUp, "")); err != nil {
			return err
		}
		u, err = updateUser(ctx, tx, p, found.NameKey, func(u *User) error {
			switch {
			case u.Sub != found.Sub:
				return noUser()
			case u.Status != Unconfirmed:
				return notAuthorized(textNotToConfirm(u.Status))
			}
			u.Status, u.Modified = Confirmed, call.Time
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.postConfirmation(ctx, call, "ConfirmSignUp", "", p.Pool, u, in.ClientMetadata); err != nil {
		return nil, err
	}
	return &idp.AdminConfirmSignUpOutput{}, nil
}
