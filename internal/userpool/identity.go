package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// Identity is an account elsewhere that is a user's, as the attribute identities
// holds it.
type Identity struct {
	UserID       string  `json:"userId"`
	ProviderName string  `json:"providerName"`
	ProviderType string  `json:"providerType"`
	Issuer       *string `json:"issuer"`
	Primary      bool    `json:"primary"`
	DateCreated  int64   `json:"dateCreated"` // Unix milliseconds
}

const (
	nativeProvider  = "Cognito"
	subjectOfSource = "Cognito_Subject"
	maxIdentities   = 5   // of one user
	maxSubject      = 256 // characters
)

// external reads whom an input names at a provider. Users are known there by the
// subject that the provider gives them, and by nothing that they can choose.
func external(in *types.ProviderUserIdentifierType) (provider, subject string, err error) {
	provider, subject = deref(in.ProviderName), deref(in.ProviderAttributeValue)
	switch n := utf8.RuneCountInString(subject); {
	case provider == nativeProvider:
		return "", "", invalid(textLinkNative)
	case deref(in.ProviderAttributeName) != subjectOfSource:
		return "", "", invalid(textLinkAttribute)
	case n < 1 || n > maxSubject || !usernamePattern.MatchString(subject):
		return "", "", invalid(textLinkValue)
	}
	return provider, subject, nil
}

// AdminLinkProviderForUser makes an identity at an external provider one of a
// user of the pool, named by user name. An identity is one user's only, and a
// user has at most five. The provider must be one of the pool's; that somebody
// has the identity is found out when they come from there.
func (s *Service) AdminLinkProviderForUser(ctx context.Context, call *access.Call, in *idp.AdminLinkProviderForUserInput) (*idp.AdminLinkProviderForUserOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	provider, subject, err := external(in.SourceUser)
	if err != nil {
		return nil, err
	}
	if name := deref(in.DestinationUser.ProviderName); name != nativeProvider { // nobody came from elsewhere yet
		return nil, noUser()
	}
	name := deref(in.DestinationUser.ProviderAttributeValue)
	if name == "" || len(name) > 4*maxUsername || !utf8.ValidString(name) {
		return nil, noUser()
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		from, err := providerTable.Get(ctx, tx, p.ID, provider)
		if errors.Is(err, store.ErrNotFound) {
			return noResource(textNoProvider(provider))
		}
		if err != nil {
			return err
		}
		already, err := findUser(ctx, tx, p, provider+"_"+subject)
		switch {
		case err != nil:
			return err
		case already != nil:
			return invalid(textLinkExists)
		}
		u, err := updateUser(ctx, tx, p, p.fold(name), func(u *User) error {
			if u.Modified = call.Time; !p.CaseSensitive || u.Username == name {
				return p.link(u, from, subject, call.Time)
			}
			return noUser()
		})
		if err != nil {
			return err
		}
		err = identityTable.Insert(ctx, tx, &identityRow{PoolID: p.ID, Provider: provider, Subject: subject, Sub: u.Sub})
		if errors.Is(err, store.ErrExists) {
			return aliasExists(textLinkedToAnother)
		}
		return err
	})
	if err != nil {
		return nil, s.refused(call, "link", err)
	}
	call.Record.Note("link", audit.Passed, "an identity of "+provider+" is now a user's", call.Time)
	return &idp.AdminLinkProviderForUserOutput{}, nil
}

// link adds an identity to those of a user.
func (p *Pool) link(u *User, from *IdentityProvider, subject string, now time.Time) error {
	for _, name := range sortedNames(u.Attributes) {
		if rule, ok := p.Schema.Find(name); ok && !rule.Mutable {
			return invalid(textLinkImmutable + name)
		}
	}
	list, err := u.identities()
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(list, func(i Identity) bool { return i.ProviderName == from.Name && i.UserID == subject }):
		return invalid(textLinkedToUser)
	case len(list) >= maxIdentities:
		return tooLarge(textLinkMany)
	}
	return u.setIdentities(append(list, Identity{UserID: subject, ProviderName: from.Name, ProviderType: from.Kind, DateCreated: now.UnixMilli()}))
}

// AdminDisableProviderForUser takes an external identity from the user who has it.
func (s *Service) AdminDisableProviderForUser(ctx context.Context, call *access.Call, in *idp.AdminDisableProviderForUserInput) (*idp.AdminDisableProviderForUserOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if deref(in.User.ProviderName) == nativeProvider {
		return nil, invalid(textDisableNative)
	}
	provider, subject, err := external(in.User)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		row, err := identityTable.Get(ctx, tx, p.ID, provider, subject)
		if errors.Is(err, store.ErrNotFound) {
			return noUser()
		}
		if err != nil {
			return err
		}
		return unlink(ctx, tx, p, row, call.Time)
	})
	if err != nil {
		return nil, s.refused(call, "link", err)
	}
	call.Record.Note("link", audit.Passed, "an identity of "+provider+" is nobody's any more", call.Time)
	return &idp.AdminDisableProviderForUserOutput{}, nil
}

// unlink takes an identity from its user.
func unlink(ctx context.Context, tx *store.Tx, p *Pool, row *identityRow, now time.Time) error {
	if err := identityTable.Delete(ctx, tx, p.ID, row.Provider, row.Subject); err != nil {
		return err
	}
	u, err := findUser(ctx, tx, p, row.Sub)
	if err != nil || u == nil {
		return err
	}
	_, err = updateUser(ctx, tx, p, u.NameKey, func(u *User) error {
		list, err := u.identities()
		if err != nil {
			return err
		}
		u.Modified = now
		return u.setIdentities(slices.DeleteFunc(list, func(i Identity) bool { return i.ProviderName == row.Provider && i.UserID == row.Subject }))
	})
	return err
}

const unlinkedAtOnce = 200 // in one transaction, which others wait for

// withoutLinks runs a transaction when nobody is linked to a provider any more.
// One that is made again under the name may be somebody else, whose people would
// have the accounts of those who were linked to the first.
func (s *Service) withoutLinks(ctx context.Context, poolID, provider string, fn func(tx *store.Tx, p *Pool) error) error {
	for done := false; !done; {
		err := s.writePool(ctx, poolID, func(tx *store.Tx, p *Pool) error {
			rows, err := identityTable.List(ctx, tx, identitiesOf, poolID, provider, unlinkedAtOnce)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := unlink(ctx, tx, p, row, s.clock.Now()); err != nil {
					return err
				}
			}
			if done = len(rows) < unlinkedAtOnce; !done {
				return nil
			}
			return fn(tx, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *User) identities() (list []Identity, err error) {
	if text := u.Attributes[attributeIdentities]; text != "" {
		err = json.Unmarshal([]byte(text), &list)
	}
	return list, err
}

func (u *User) setIdentities(list []Identity) error {
	if len(list) == 0 {
		delete(u.Attributes, attributeIdentities)
		return nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	u.Attributes[attributeIdentities] = string(text)
	return nil
}

// identitiesClaim is what a token says of identities: all values are text there.
func identitiesClaim(text string) (claim []map[string]*string, ok bool) {
	var list []Identity
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	for _, i := range list {
		claim = append(claim, map[string]*string{
			"userId": &i.UserID, "providerName": &i.ProviderName, "providerType": &i.ProviderType, "issuer": i.Issuer,
			"primary": ptr(strconv.FormatBool(i.Primary)), "dateCreated": ptr(strconv.FormatInt(i.DateCreated, 10)),
		})
	}
	return claim, true
}
