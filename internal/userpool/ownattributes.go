package userpool

import (
	"context"
	"errors"
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
	out.CodeDeliveryDetailsList, err = s.changeAttributes(ctx, call, attributeChange{who.pool.Pool, who.user, who.client.ID, values, in.ClientMetadata})
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

// attributeChange are values for attributes of a user, as the client asks that has
// that id, or an administrator (""). An empty value removes an attribute.
type attributeChange struct {
	pool     *Pool
	user     *User
	client   string
	values   map[string]string
	metadata map[string]string // ClientMetadata of the call
}

// errOvertaken: the user was changed between the writing of messages and the
// transaction that would send them.
var errOvertaken = errors.New("userpool: the user was changed meanwhile")

// changeAttributes sets values of a user and sends the codes that prove the
// addresses among them. The messages are written before the transaction; if the
// user turns out to need others then, all is done again.
func (s *Service) changeAttributes(ctx context.Context, call *access.Call, c attributeChange) ([]types.CodeDeliveryDetailsType, error) {
	const tries = 3
	for n := 1; ; n++ {
		sent, err := s.changeAttributesOnce(ctx, call, c)
		switch {
		case !errors.Is(err, errOvertaken):
			return sent, err
		case n == tries:
			return nil, busy()
		}
		u, err := userTable.Get(ctx, s.db, c.pool.ID, c.user.NameKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && u.Sub != c.user.Sub {
			return nil, noUser()
		}
		if err != nil {
			return nil, err
		}
		c.user = u
	}
}

func (s *Service) changeAttributesOnce(ctx context.Context, call *access.Call, c attributeChange) ([]types.CodeDeliveryDetailsType, error) {
	codes := c.pool.unproved(c.user, c.values)
	now := maps.Clone(c.values)
	for _, a := range codes {
		if c.pool.proveFirst(a) {
			delete(now, a)
		}
	}
	deliveries, err := s.composeProofs(ctx, call, c, codes, now)
	if err != nil {
		return nil, err
	}
	sent := []types.CodeDeliveryDetailsType{}
	err = s.writePool(ctx, c.pool.ID, func(tx *store.Tx, p *Pool) error {
		u, err := updateUser(ctx, tx, p, c.user.NameKey, func(u *User) error {
			switch {
			case u.Sub != c.user.Sub:
				return noUser()
			case !slices.Equal(codes, p.unproved(u, c.values)):
				return errOvertaken
			}
			u.setAttributes(now)
			u.Modified = call.Time
			return p.keepsName(u)
		})
		if err != nil {
			return err
		}
		for _, a := range addresses { // a code for an address that was asked for before is overtaken
			if _, given := c.values[a]; given && !slices.Contains(codes, a) {
				if err := dropCode(ctx, tx, s.codeID(p.ID, u.Sub, codeVerify, a)); err != nil {
					return err
				}
			}
		}
		for _, d := range deliveries {
			if err := s.deliver(ctx, tx, d); err != nil {
				return err
			}
			sent = append(sent, *deliveryDetails(d.code.Attribute, d.code.Value))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sent, nil
}

// composeProofs writes the messages that bring codes to new addresses. now is what
// becomes of the user at once, which is what a function is told.
func (s *Service) composeProofs(ctx context.Context, call *access.Call, c attributeChange, codes []string, now map[string]string) (deliveries []*delivery, err error) {
	if len(codes) == 0 {
		return nil, nil
	}
	after := *c.user
	after.Attributes = maps.Clone(c.user.Attributes)
	after.setAttributes(now)
	for _, a := range codes {
		code, text, err := s.newCode(c.pool.ID, c.user.Sub, c.client, codeVerify, a, c.values[a], call.Time)
		if err != nil {
			return nil, err
		}
		code.Pending = c.pool.proveFirst(a)
		l := letter{pool: c.pool, user: &after, client: c.client, what: "UpdateUserAttribute", metadata: c.metadata}
		d, err := s.compose(ctx, call, l, code, text)
		if err != nil {
			return nil, err
		}
		deliveries = append(deliveries, d)
	}
	return deliveries, nil
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
	if _, err := s.changeAttributes(ctx, call, attributeChange{who.pool.Pool, who.user, who.client.ID, values, nil}); err != nil {
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
