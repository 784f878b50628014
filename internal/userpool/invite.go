package userpool

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// AdminCreateUser makes a user with a temporary password and invites them, or
// invites one again (RESEND).
func (s *Service) AdminCreateUser(ctx context.Context, call *access.Call, in *idp.AdminCreateUserInput) (*idp.AdminCreateUserOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	password := deref(in.TemporaryPassword)
	if password == "" {
		if password, err = p.Policy.generate(s.random); err != nil {
			return nil, err
		}
	}
	if err := p.Policy.Check(password); err != nil {
		return nil, err
	}
	for _, m := range in.DesiredDeliveryMediums {
		if m != types.DeliveryMediumTypeEmail && m != types.DeliveryMediumTypeSms {
			return nil, invalid("DesiredDeliveryMediums may name EMAIL and SMS only.")
		}
	}
	switch in.MessageAction {
	case "", types.MessageActionTypeSuppress:
		return s.createUser(ctx, call, p, in, password)
	case types.MessageActionTypeResend:
		return s.inviteAgain(ctx, call, p, in, password)
	default:
		return nil, invalid("MessageAction must be RESEND or SUPPRESS.")
	}
}

func (s *Service) createUser(ctx context.Context, call *access.Call, p *poolState, in *idp.AdminCreateUserInput, password string) (*idp.AdminCreateUserOutput, error) {
	u, err := s.newUser(p.Pool, in, call.Time)
	if err != nil {
		return nil, err
	}
	if err := s.mayCreate(ctx, call, p.Pool, u, in); err != nil {
		return nil, err
	}
	// Whom a code can sign in needs no password, unless they are given one.
	passwordless := deref(in.TemporaryPassword) == "" && p.reachable(u.verified) != ""
	if passwordless {
		if missing := p.Schema.missing(u.Attributes); len(missing) > 0 {
			return nil, invalid(textRequired(missing[0])) // nobody will ask them for it
		}
		u.Status = Confirmed
	} else {
		kept, err := s.keep(ctx, p.Pool, u, password)
		if err != nil {
			return nil, err
		}
		u.setPassword(kept, call.Time)
	}
	var messages []post // an invitation tells a temporary password
	if !passwordless && in.MessageAction != types.MessageActionTypeSuppress {
		if messages, err = s.invitations(ctx, call, p.Pool, u, in, password); err != nil {
			return nil, err
		}
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if in.ForceAliasCreation {
			if err := releaseAliases(ctx, tx, p, u); err != nil {
				return err
			}
		}
		if err := insertUser(ctx, tx, p, u); err != nil {
			return err
		}
		return s.put(ctx, tx, messages...)
	})
	if err != nil {
		return nil, p.takenByAnother(err)
	}
	return &idp.AdminCreateUserOutput{User: ptr(u.shape(nil))}, nil
}

// mayCreate asks the pre sign-up trigger about a user that an administrator makes.
// What it answers beside a refusal is without effect, as at AWS. Nobody is asked
// about a user who cannot be made.
func (s *Service) mayCreate(ctx context.Context, call *access.Call, p *Pool, u *User, in *idp.AdminCreateUserInput) error {
	if p.function(trigger.PreSignUp) == "" {
		return nil
	}
	if holder, err := findUser(ctx, s.db, p, u.Username); err != nil || holder != nil {
		return p.takenByAnother(cmp.Or(err, errUserTaken))
	}
	_, err := s.preSignUp(ctx, call, "AdminCreateUser", "", p, u, in.ValidationData, in.ClientMetadata)
	return err
}

// takenByAnother is the answer to an administrator whose new user's name is taken.
func (p *Pool) takenByAnother(err error) error {
	var taken *types.AliasExistsException
	if errors.Is(err, errUserTaken) || errors.As(err, &taken) && len(p.UsernameFrom) > 0 {
		text := textUserTaken
		return &types.UsernameExistsException{Message: &text}
	}
	return err
}

func (s *Service) inviteAgain(ctx context.Context, call *access.Call, p *poolState, in *idp.AdminCreateUserInput, password string) (*idp.AdminCreateUserOutput, error) {
	found, err := findUser(ctx, s.db, p.Pool, deref(in.Username))
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, noUser()
	}
	if err := found.mayBeInvited(); err != nil {
		return nil, err
	}
	kept, err := s.keepFor(ctx, p.Pool, found, password, origin{temporary: true})
	if err != nil {
		return nil, err
	}
	messages, err := s.invitations(ctx, call, p.Pool, found, in, password)
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		u, err = updateUser(ctx, tx, p.Pool, found.NameKey, func(u *User) error {
			if u.Sub != found.Sub {
				return noUser()
			}
			if err := u.mayBeInvited(); err != nil {
				return err
			}
			u.setTemporary(kept, call.Time)
			u.Modified = call.Time
			return nil
		})
		if err != nil {
			return err
		}
		return s.put(ctx, tx, messages...)
	})
	if err != nil {
		return nil, err
	}
	return &idp.AdminCreateUserOutput{User: ptr(u.shape(nil))}, nil
}

func (u *User) mayBeInvited() error {
	if u.Status == ForceChangePassword {
		return nil
	}
	text := "Resend not possible. " + string(u.Status)
	return &types.UnsupportedUserStateException{Message: &text}
}

// newUser is the user that the input describes, without a password.
func (s *Service) newUser(p *Pool, in *idp.AdminCreateUserInput, now time.Time) (*User, error) {
	name := deref(in.Username)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxUsername || !utf8.ValidString(name) || !usernamePattern.MatchString(name) {
		return nil, invalid(textBadUsername)
	}
	values, err := attributeValues(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	for attribute, value := range values {
		if value == "" {
			delete(values, attribute)
		}
	}
	sub, err := newUUID(s.random)
	if err != nil {
		return nil, err
	}
	username := name
	if len(p.UsernameFrom) > 0 {
		attribute, err := p.usernameAttribute(name)
		if err != nil {
			return nil, err
		}
		if given, ok := values[attribute]; ok && p.fold(given) != p.fold(name) {
			return nil, invalid("The user name must be the same as the attribute " + attribute + ".")
		}
		values[attribute] = name
		username = sub
	}
	if slices.Contains(p.Aliases, attributeEmail) && validEmail(name) {
		return nil, invalid(textUsernameLikeEmail)
	}
	if slices.Contains(p.Aliases, attributePhone) && validPhone(name) {
		return nil, invalid(textUsernameLikePhone)
	}
	if err := p.Schema.checkAttributes(values); err != nil {
		return nil, err
	}
	return &User{
		PoolID: p.ID, NameKey: p.fold(username), Username: username, Sub: sub, Status: ForceChangePassword, Enabled: true,
		Created: now, Modified: now, PasswordSet: now, Attributes: values,
	}, nil
}

// usernameAttribute is which attribute a user name is, where user names are attributes.
func (p *Pool) usernameAttribute(name string) (string, error) {
	email, phone := slices.Contains(p.UsernameFrom, attributeEmail), slices.Contains(p.UsernameFrom, attributePhone)
	switch {
	case email && validEmail(name):
		return attributeEmail, nil
	case phone && validPhone(name):
		return attributePhone, nil
	case email && phone:
		return "", invalid(textUsernameEither)
	case email:
		return "", invalid(textUsernameEmail)
	default:
		return "", invalid(textUsernamePhone)
	}
}

// releaseAliases takes the aliases of the new user from whoever holds them
// (ForceAliasCreation): their address is theirs no longer, so it is no longer verified.
func releaseAliases(ctx context.Context, tx *store.Tx, p *Pool, u *User) error {
	for name, kind := range p.names(u) {
		if !slices.Contains(p.Aliases, kind) {
			continue
		}
		row, err := nameTable.Get(ctx, tx, p.ID, name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if row.Kind != kind || kind == attributePreferred || row.NameKey == u.NameKey {
			continue
		}
		if _, err := updateUser(ctx, tx, p, row.NameKey, func(holder *User) error {
			holder.Attributes[kind+"_verified"] = "false"
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

const (
	inviteSubject = "Your temporary password"
	inviteEmail   = "Your username is {username} and temporary password is {####}."
	inviteSMS     = "Your username is {username} and temporary password is {####}."
)

// invitations tell a new user their name and temporary password, over the
// channels that were asked for, or else over those that the user has. Without any
// address nothing is sent, and the record says so.
func (s *Service) invitations(ctx context.Context, call *access.Call, p *Pool, u *User, in *idp.AdminCreateUserInput, password string) ([]post, error) {
	asked := func(m types.DeliveryMediumType) bool {
		return len(in.DesiredDeliveryMediums) == 0 || slices.Contains(in.DesiredDeliveryMediums, m)
	}
	message := outbox.Message{At: call.Time, UserPoolID: p.ID, Username: u.Username, Purpose: purposeInvitation, Code: password}
	byMail := u.Attributes[attributeEmail] != "" && asked(types.DeliveryMediumTypeEmail)
	bySMS := u.Attributes[attributePhone] != "" && asked(types.DeliveryMediumTypeSms)
	if !byMail && !bySMS {
		call.Record.Note("invitation", audit.Passed, "not sent: the user has no address for it", call.Time)
		return nil, nil
	}
	l := letter{pool: p, user: u, what: "AdminCreateUser", metadata: in.ClientMetadata, secret: password}
	words, err := s.words(ctx, call, l, MessageText{
		Subject: orElse(p.Invitation.Subject, inviteSubject), Email: orElse(p.Invitation.Email, inviteEmail), SMS: orElse(p.Invitation.SMS, inviteSMS),
	})
	if err != nil {
		return nil, err
	}
	var messages []post
	for _, way := range []struct {
		channel, attribute string
		goes               bool
	}{{outbox.Email, attributeEmail, byMail}, {outbox.SMS, attributePhone, bySMS}} {
		if !way.goes {
			continue
		}
		message.To = u.Attributes[way.attribute]
		one, err := s.post(l, words.fill(message, way.channel, p.knownName(u), password), call.Time)
		if err != nil {
			return nil, err
		}
		messages = append(messages, one)
	}
	return messages, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
