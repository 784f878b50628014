package userpool

import (
	"context"
	"errors"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// GetUserAttributeVerificationCode sends the bearer a code that proves an
// address of theirs, or the one that waits to become theirs.
func (s *Service) GetUserAttributeVerificationCode(ctx context.Context, call *access.Call, in *idp.GetUserAttributeVerificationCodeInput) (*idp.GetUserAttributeVerificationCodeOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	attribute, err := addressNamed(in.AttributeName)
	if err != nil {
		return nil, err
	}
	if err := s.spend(ctx, allowAttributeCode, who.pool.ID, who.user.Sub, call.Source, call.Time); err != nil {
		return nil, s.refused(call, "attribute code", err)
	}
	out, err := s.sendAttributeCode(ctx, call, who, attribute, in.ClientMetadata)
	if err != nil {
		return nil, s.refused(call, "attribute code", err)
	}
	call.Record.Note("attribute code", audit.Passed, "a code for user "+who.user.Sub, call.Time)
	return out, nil
}

func (s *Service) sendAttributeCode(ctx context.Context, call *access.Call, who *session, attribute string, metadata map[string]string) (*idp.GetUserAttributeVerificationCodeOutput, error) {
	u := who.user
	value, pending := u.Attributes[attribute], false
	before, err := codeTable.Get(ctx, s.db, s.codeID(u.PoolID, u.Sub, codeVerify, attribute))
	switch {
	case err == nil && before.Pending && call.Time.UnixMilli() < before.Expires:
		value, pending = before.Value, true
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return nil, err
	case value == "":
		return nil, invalid(textNoValue(attribute))
	}
	code, text, err := s.newCode(u.PoolID, u.Sub, who.client.ID, codeVerify, attribute, value, call.Time)
	if err != nil {
		return nil, err
	}
	code.Pending = pending
	l := letter{pool: who.pool.Pool, user: u, client: who.client.ID, what: "VerifyUserAttribute", metadata: metadata}
	d, err := s.compose(ctx, call, l, code, text)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, u.PoolID, func(tx *store.Tx, p *Pool) error {
		now, err := userTable.Get(ctx, tx, p.ID, u.NameKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && now.Sub != u.Sub {
			return noUser()
		}
		if err != nil {
			return err
		}
		return s.deliver(ctx, tx, d)
	})
	if err != nil {
		return nil, err
	}
	return &idp.GetUserAttributeVerificationCodeOutput{CodeDeliveryDetails: deliveryDetails(attribute, value)}, nil
}

// VerifyUserAttribute takes the code that proves an address of the bearer.
func (s *Service) VerifyUserAttribute(ctx context.Context, call *access.Call, in *idp.VerifyUserAttributeInput) (*idp.VerifyUserAttributeOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	attribute, err := addressNamed(in.AttributeName)
	if err != nil {
		return nil, err
	}
	if err := s.verifyAddress(ctx, call, who, attribute, deref(in.Code)); err != nil {
		return nil, s.refused(call, "attribute code", err)
	}
	call.Record.Note("attribute code", audit.Passed, "user "+who.user.Sub, call.Time)
	return &idp.VerifyUserAttributeOutput{}, nil
}

func (s *Service) verifyAddress(ctx context.Context, call *access.Call, who *session, attribute, answer string) error {
	if err := s.spend(ctx, allowVerify, who.pool.ID, who.user.Sub, call.Source, call.Time); err != nil {
		return err
	}
	code, err := s.tryCode(ctx, s.codeID(who.pool.ID, who.user.Sub, codeVerify, attribute), who.client.ID, answer, call.Time)
	if err != nil {
		return err
	}
	return s.writePool(ctx, who.pool.ID, func(tx *store.Tx, p *Pool) error {
		if err := useCode(ctx, tx, code); err != nil {
			return err
		}
		_, err := updateUser(ctx, tx, p, who.user.NameKey, func(u *User) error {
			switch {
			case u.Sub != who.user.Sub:
				return noUser()
			case code.Pending:
				u.setAttributes(map[string]string{attribute: code.Value})
			case u.Attributes[attribute] != code.Value:
				return codeExpired() // it went to an address that is theirs no longer
			}
			u.setAttributes(map[string]string{verifiedOf(attribute): "true"})
			u.Modified = call.Time
			return nil
		})
		return err
	})
}

// addressNamed is the attribute that is to be proved: a mail address or a phone number.
func addressNamed(name *string) (string, error) {
	if a := deref(name); a == attributeEmail || a == attributePhone {
		return a, nil
	}
	return "", invalid(textNotAnAddress)
}
