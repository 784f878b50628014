package userpool

import (
	"context"
	"errors"
	"maps"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// user finds a pool and one of its users, by any name, for an administrator.
func (s *Service) user(ctx context.Context, call *access.Call, poolID, name *string) (*poolState, *User, error) {
	p, err := s.pool(call, poolID)
	if err != nil {
		return nil, nil, err
	}
	u, err := findUser(ctx, s.db, p.Pool, deref(name))
	if err != nil {
		return nil, nil, err
	}
	if u == nil {
		return nil, nil, noUser()
	}
	return p, u, nil
}

// changeUser changes the user that was found, and not one who has since been
// made under the name.
func (s *Service) changeUser(ctx context.Context, p *poolState, found *User, now time.Time, change func(*User) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := updateUser(ctx, tx, p.Pool, found.NameKey, func(u *User) error {
			if u.Sub != found.Sub {
				return noUser()
			}
			u.Modified = now
			return change(u)
		})
		return err
	})
}

// setAttributes sets values; an empty one removes the attribute. An address
// that changes is not verified any more, unless the same change says so.
func (u *User) setAttributes(values map[string]string) {
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	for _, name := range []string{attributeEmail, attributePhone} {
		value, given := values[name]
		if _, said := values[name+"_verified"]; given && !said && value != u.Attributes[name] {
			if _, had := u.Attributes[name+"_verified"]; had {
				u.Attributes[name+"_verified"] = "false"
			}
		}
	}
	for _, name := range sortedNames(values) { // an address before what is said of it
		value := values[name]
		if value == "" {
			delete(u.Attributes, name)
			delete(u.Attributes, name+"_verified")
			u.Second.lose(name)
			continue
		}
		u.Attributes[name] = value
	}
}

// attributeShapes lists the attributes that keep lets through (all, if nil), sub first.
func (u *User) attributeShapes(keep func(string) bool) []types.AttributeType {
	shapes := []types.AttributeType{}
	if keep == nil || keep(attributeSub) {
		shapes = append(shapes, types.AttributeType{Name: ptr(attributeSub), Value: &u.Sub})
	}
	for _, name := range sortedNames(u.Attributes) {
		if keep == nil || keep(name) {
			shapes = append(shapes, types.AttributeType{Name: &name, Value: ptr(u.Attributes[name])})
		}
	}
	return shapes
}

func (u *User) shape(keep func(string) bool) types.UserType {
	return types.UserType{
		Username: &u.Username, Attributes: u.attributeShapes(keep), Enabled: u.Enabled,
		UserStatus: types.UserStatusType(u.Status), UserCreateDate: &u.Created, UserLastModifiedDate: &u.Modified,
	}
}

// AdminGetUser shows a user with all attributes.
func (s *Service) AdminGetUser(ctx context.Context, call *access.Call, in *idp.AdminGetUserInput) (*idp.AdminGetUserOutput, error) {
	_, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	factors, preferred, older := u.Second.shown()
	return &idp.AdminGetUserOutput{
		UserMFASettingList: factors, PreferredMfaSetting: preferred, MFAOptions: older,
		Username: &u.Username, Enabled: u.Enabled, UserAttributes: u.attributeShapes(nil), UserStatus: types.UserStatusType(u.Status),
		UserCreateDate: &u.Created, UserLastModifiedDate: &u.Modified,
	}, nil
}

// AdminSetUserPassword sets a password: permanent, after which the account is
// confirmed, or temporary, to be changed at the next sign-in.
func (s *Service) AdminSetUserPassword(ctx context.Context, call *access.Call, in *idp.AdminSetUserPasswordInput) (*idp.AdminSetUserPasswordOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := p.Policy.Check(deref(in.Password)); err != nil {
		return nil, err
	}
	kept, err := s.keep(ctx, p.Pool, u, *in.Password)
	if err != nil {
		return nil, err
	}
	err = s.changeUser(ctx, p, u, call.Time, func(u *User) error {
		if !in.Permanent {
			u.setTemporary(kept, call.Time)
			return nil
		}
		u.setPassword(kept, call.Time)
		u.Status = Confirmed
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &idp.AdminSetUserPasswordOutput{}, nil
}

// AdminUpdateUserAttributes sets attributes; an empty value removes one. An
// address that the pool verifies, and of which the call does not say whether it
// is verified, is the user's to prove, as in UpdateUserAttributes.
func (s *Service) AdminUpdateUserAttributes(ctx context.Context, call *access.Call, in *idp.AdminUpdateUserAttributesInput) (*idp.AdminUpdateUserAttributesOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	values, err := attributeValues(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	filled := maps.Clone(values)
	for name, value := range values {
		rule, ok := p.Schema.Find(name)
		switch {
		case ok && !rule.Mutable:
			return nil, invalid(textImmutable(name))
		case ok && value == "" && rule.Required:
			return nil, invalid(textRequired(name))
		case ok && value == "" && name != attributeSub:
			delete(filled, name)
		}
	}
	if err := p.Schema.checkAttributes(filled); err != nil {
		return nil, err
	}
	if _, err := s.changeAttributes(ctx, call, attributeChange{p.Pool, u, "", values, in.ClientMetadata}); err != nil {
		return nil, err
	}
	return &idp.AdminUpdateUserAttributesOutput{}, nil
}

// keepsName refuses a user without the attribute that people sign in with.
func (p *Pool) keepsName(u *User) error {
	if len(p.UsernameFrom) == 0 {
		return nil
	}
	for _, a := range p.UsernameFrom {
		if u.Attributes[a] != "" {
			return nil
		}
	}
	return invalid(textRequired(p.UsernameFrom[0]))
}

// attributeValues turns wire attributes into a map; each name once.
func attributeValues(in []types.AttributeType) (map[string]string, error) {
	values := make(map[string]string, len(in))
	for _, a := range in {
		name := deref(a.Name)
		if _, twice := values[name]; twice || name == "" {
			return nil, invalid("UserAttributes must name each attribute once.")
		}
		values[name] = deref(a.Value)
	}
	return values, nil
}

// AdminEnableUser lets a user sign in again.
func (s *Service) AdminEnableUser(ctx context.Context, call *access.Call, in *idp.AdminEnableUserInput) (*idp.AdminEnableUserOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.changeUser(ctx, p, u, call.Time, func(u *User) error {
		u.Enabled = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &idp.AdminEnableUserOutput{}, nil
}

// AdminDisableUser keeps a user out and takes back every token.
func (s *Service) AdminDisableUser(ctx context.Context, call *access.Call, in *idp.AdminDisableUserInput) (*idp.AdminDisableUserOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.changeUser(ctx, p, u, call.Time, func(u *User) error {
		if u.Enabled {
			u.takeBack(call.Time)
		}
		u.Enabled = false
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &idp.AdminDisableUserOutput{}, nil
}

// AdminDeleteUser removes a user with everything that finds them.
func (s *Service) AdminDeleteUser(ctx context.Context, call *access.Call, in *idp.AdminDeleteUserInput) (*idp.AdminDeleteUserOutput, error) {
	p, found, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.deleteUser(ctx, p.Pool, found); err != nil {
		return nil, err
	}
	return &idp.AdminDeleteUserOutput{}, nil
}

// deleteUser removes the user that was found, and not one who has since been
// made under the name.
func (s *Service) deleteUser(ctx context.Context, p *Pool, found *User) error {
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		u, err := userTable.Get(ctx, tx, p.ID, found.NameKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && u.Sub != found.Sub {
			return noUser()
		}
		if err != nil {
			return err
		}
		if err := index(ctx, tx, p, u, nil); err != nil {
			return err
		}
		if _, err := memberTable.DeleteWhere(ctx, tx, membershipsOf, p.ID, u.NameKey); err != nil {
			return err
		}
		for _, empty := range rowsOfUser {
			if _, err := empty(ctx, tx, ofUser, p.ID, u.Sub); err != nil {
				return err
			}
		}
		return userTable.Delete(ctx, tx, p.ID, u.NameKey)
	})
	if errors.Is(err, store.ErrNotFound) {
		return noUser()
	}
	return err
}
