package userpool

import (
	"context"
	"maps"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// UpdateUserAttributes sets attributes of the bearer that the client may write;
// an empty value removes one. An address that changes has to be proved again:
// where the pool verifies it a code goes there, and where the pool wants it
// proved first, the old one stays until the code comes back.
func (s *Service) UpdateUserAttributes(ctx context.Context, call *access.Call, in *idp.UpdateUserAttributesInput) (*idp.UpdateUserAttributesOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	values, err := attributeValues(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	if err := who.mayChange(values); err != nil {
		return nil, s.refused(call, "attributes", err)
	}
	if len(who.pool.unproved(who.user, values)) > 0 {
		if err := s.spend(ctx, allowAttributeCode, who.pool.ID, who.user.Sub, call.Source, call.Time); err != nil {
			return nil, s.refused(call, "attributes", err)
		}
	}
	out := &idp.UpdateUserAttributesOutput{}
	err = s.writePool(ctx, who.pool.ID, func(tx *store.Tx, p *Pool) (err error) {
		out.CodeDeliveryDetailsList, err = s.changeAttributes(ctx, tx, call, p, who.user, who.client.ID, values)
		return err
	})
	if err != nil {
		return nil, s.refused(call, "attributes", err)
	}
	call.Record.Note("attributes", audit.Passed, "changed by user "+who.user.Sub, call.Time)
	return out, nil
}

// mayChange holds what a bearer wants to set against schema and client.
func (who *session) mayChange(values map[string]string) error {
	filled := maps.Clone(values)
	for _, name := range sortedNames(values) {
		rule, ok := who.pool.Schema.Find(name)
		switch {
		case !ok:
			return invalid(textUnknownAttribute(name))
		case !who.client.mayWrite(rule):
			return notAuthorized(textUnwritable)
		case !rule.Mutable:
			return invalid(textImmutable(name))
		case values[name] == "" && rule.Required:
			return invalid(textRequired(name))
		case values[name] == "":
			delete(filled, name)
		}
	}
	return who.pool.Schema.checkAttributes(filled)
}

// unproved are the addresses among values that the pool verifies and the user
// has not proved. An administrator who says of an address whether it is verified
// has answered that.
func (p *Pool) unproved(u *User, values map[string]string) (list []string) {
	for _, a := range addresses {
		value, given := values[a]
		_, said := values[verifiedOf(a)]
		if given && !said && value != "" && slices.Contains(p.AutoVerified, a) && (value != u.Attributes[a] || !u.verified(a)) {
			list = append(list, a)
		}
	}
	return list
}

// proveFirst says whether an address of the pool's users changes only when the
// new one is proved.
func (p *Pool) proveFirst(attribute string) bool {
	return p.Shown.AttributeUpdate != nil &&
		slices.Contains(p.Shown.AttributeUpdate.AttributesRequireVerificationBeforeUpdate, types.VerifiedAttributeType(attribute))
}

// changeAttributes sets values of a user in a transaction and sends the codes
// that prove the addresses among them, for the client that asked ("": any).
func (s *Service) changeAttributes(ctx context.Context, tx *store.Tx, call *access.Call, p *Pool, found *User, clientID string, values map[string]string) ([]types.CodeDeliveryDetailsType, error) {
	var codes []string
	u, err := updateUser(ctx, tx, p, found.NameKey, func(u *User) error {
		if u.Sub != found.Sub {
			return noUser()
		}
		codes = p.unproved(u, values)
		now := maps.Clone(values)
		for _, a := range codes {
			if p.proveFirst(a) {
				delete(now, a)
			}
		}
		u.setAttributes(now)
		u.Modified = call.Time
		return p.keepsName(u)
	})
	if err != nil {
		return nil, err
	}
	sent := []types.CodeDeliveryDetailsType{}
	for _, a := range addresses {
		if _, given := values[a]; !given {
			continue
		}
		if !slices.Contains(codes, a) { // a code for an address that was asked for before is overtaken
			if err := dropCode(ctx, tx, s.codeID(p.ID, u.Sub, codeVerify, a)); err != nil {
				return nil, err
			}
			continue
		}
		code, text, err := s.newCode(p.ID, u.Sub, clientID, codeVerify, a, values[a], call.Time)
		if err != nil {
			return nil, err
		}
		code.Pending = p.proveFirst(a)
		if err := s.deliver(ctx, tx, p, u, code, text, call.Time); err != nil {
			return nil, err
		}
		sent = append(sent, *deliveryDetails(a, code.Value))
	}
	return sent, nil
}

// DeleteUserAttributes removes attributes of the bearer that the client may write.
func (s *Service) DeleteUserAttributes(ctx context.Context, call *access.Call, in *idp.DeleteUserAttributesInput) (*idp.DeleteUserAttributesOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, name := range in.UserAttributeNames {
		values[name] = ""
	}
	if err := who.mayChange(values); err != nil {
		return nil, s.refused(call, "attributes", err)
	}
	err = s.writePool(ctx, who.pool.ID, func(tx *store.Tx, p *Pool) error {
		_, err := s.changeAttributes(ctx, tx, call, p, who.user, who.client.ID, values)
		return err
	})
	if err != nil {
		return nil, s.refused(call, "attributes", err)
	}
	return &idp.DeleteUserAttributesOutput{}, nil
}

// DeleteUser removes the bearer's account.
func (s *Service) DeleteUser(ctx context.Context, call *access.Call, in *idp.DeleteUserInput) (*idp.DeleteUserOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if err := s.deleteUser(ctx, who.pool.Pool, who.user); err != nil {
		return nil, err
	}
	call.Record.Note("user", audit.Passed, "deleted by user "+who.user.Sub, call.Time)
	return &idp.DeleteUserOutput{}, nil
}
