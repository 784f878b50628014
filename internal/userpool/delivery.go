package userpool

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// addresses are the attributes that a code can be sent to, in the order in which
// AWS prefers them.
var addresses = []string{attributePhone, attributeEmail}

func verifiedOf(attribute string) string { return attribute + "_verified" }

func (u *User) verified(attribute string) bool {
	return u.Attributes[attribute] != "" && strings.EqualFold(u.Attributes[verifiedOf(attribute)], "true")
}

// signUpAddress is the attribute that proves a new account: one that the pool
// verifies and the user has, the phone before the mail. "" is none.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
func (p *Pool) signUpAddress(u *User) string {
	for _, a := range addresses {
		if slices.Contains(p.AutoVerified, a) && u.Attributes[a] != "" {
			return a
		}
	}
	return ""
}

// recoveryAddresses are the attributes by which the pool lets users recover
// their accounts, the first preferred; none where only administrators may.
func (p *Pool) recoveryAddresses() []string {
	if p.Shown.Recovery == nil || len(p.Shown.Recovery.RecoveryMechanisms) == 0 {
		return addresses
	}
	mechanisms := slices.Clone(p.Shown.Recovery.RecoveryMechanisms)
	slices.SortStableFunc(mechanisms, func(a, b types.RecoveryOptionType) int {
		return cmp.Compare(deref(a.Priority), deref(b.Priority))
	})
	var names []string
	for _, m := range mechanisms {
		switch m.Name {
		case types.RecoveryOptionNameTypeVerifiedEmail:
			names = append(names, attributeEmail)
		case types.RecoveryOptionNameTypeVerifiedPhoneNumber:
			names = append(names, attributePhone)
		}
	}
	return names
}

// recoveryAddress is where a code for a new password goes: only where the user
// has proved to be. "" is nowhere.
func (p *Pool) recoveryAddress(u *User) string {
	second := p.secondFactorsOf(u)
	for _, a := range p.recoveryAddresses() {
		// One phone or mailbox must not be both factors at once. AWS holds pools to
		// that which say how accounts are recovered; others recover as they always did.
		both := p.Shown.Recovery != nil && slices.ContainsFunc(second, func(f Factor) bool { return f.attribute() == a })
		if u.verified(a) && !both {
			return a
		}
	}
	return ""
}

const (
	codeSubject = "Your verification code"
	codeEmail   = "Your verification code is {####}"
	codeSMS     = "Your verification code is {####}"
)

// codeMessage is the mail or text that brings a code.
func (p *Pool) codeMessage(words MessageText, u *User, c *Code, text string, now time.Time) outbox.Message {
	m := outbox.Message{At: now, UserPoolID: p.ID, Username: u.Username, To: c.Value, Purpose: string(c.Purpose), ClientID: c.ClientID, Code: text, Until: time.UnixMilli(c.Expires)}
	channel := "email"
	if c.Attribute == attributePhone {
		channel = "sms"
	}
	return words.fill(m, channel, p.knownName(u), text)
}

// fill puts a name and a code into the words of a message. A mail is HTML, as
// AWS's are, and people choose their names: what they choose must not become markup.
func (t MessageText) fill(m outbox.Message, channel, name, secret string) outbox.Message {
	m.Channel = channel
	plain := strings.NewReplacer(usernamePlace, name, codePlace, secret)
	if channel == "sms" {
		m.Subject, m.Body = "", plain.Replace(t.SMS)
		return m
	}
	m.Subject = plain.Replace(t.Subject)
	m.Body = strings.NewReplacer(usernamePlace, html.EscapeString(name), codePlace, html.EscapeString(secret)).Replace(t.Email)
	return m
}

// codeTexts are the pool's templates of a message that brings a code.
func (p *Pool) codeTexts(purpose codePurpose) MessageText {
	if purpose == codeMFA || purpose == codeSignIn {
		return p.mfaTexts()
	}
	template := deref(p.Shown.VerificationTemplate)
	texts := MessageText{
		Subject: orElse(deref(template.EmailSubject), orElse(deref(p.Shown.EmailVerificationSubject), codeSubject)),
		Email:   orElse(deref(template.EmailMessage), orElse(deref(p.Shown.EmailVerificationMessage), codeEmail)),
		SMS:     orElse(deref(template.SmsMessage), orElse(deref(p.Shown.SMSVerificationMessage), codeSMS)),
	}
	if p.byLink(purpose) {
		texts.Subject, texts.Email = p.linkWords()
	}
	return texts
}

// knownName is the name that the user goes by: where names are addresses, people
// know their address, not their sub.
func (p *Pool) knownName(u *User) string {
	for _, a := range p.UsernameFrom {
		if v := u.Attributes[a]; v != "" {
			return v
		}
	}
	return u.Username
}

// delivery is a code and the message that brings it, ready to be kept.
type delivery struct {
	code    *Code
	message post
}

// compose writes the message that brings a code: what a letter says of its
// occasion and whom it goes to, in the pool's words or those of its function. It
// must not be called inside a transaction.
func (s *Service) compose(ctx context.Context, call *access.Call, l letter, c *Code, text string) (*delivery, error) {
	l.secret, l.link = text, l.pool.byLink(c.Purpose)
	words, err := s.words(ctx, call, l, l.pool.codeTexts(c.Purpose))
	if err != nil {
		return nil, err
	}
	message, err := s.post(l, l.pool.codeMessage(words, l.user, c, text, call.Time), call.Time)
	if err != nil {
		return nil, err
	}
	return &delivery{c, message}, nil
}

// composeFor is compose for whom somebody without credentials names. For nobody
// there is nothing to write, and it takes as long.
func (s *Service) composeFor(ctx context.Context, call *access.Call, n *named, l letter, c *Code, text string) (*delivery, error) {
	if err := l.fits(); err != nil {
		return nil, err
	}
	if n.user == nil {
		return nil, s.paces.wait(ctx, n.pool.Pool, trigger.CustomMessage)
	}
	l.user = n.user
	return s.compose(ctx, call, l, c, text)
}

// deliver keeps a code and sends it, in one transaction with what it belongs to.
func (s *Service) deliver(ctx context.Context, tx *store.Tx, d *delivery) error {
	if err := keepCode(ctx, tx, d.code); err != nil {
		return err
	}
	return s.put(ctx, tx, d.message)
}

// deliverNowhere does for nobody the work of deliver. The code that it keeps is
// one that nothing opens, and in the place of the message it keeps one that
// nobody reads, for as long.
func (s *Service) deliverNowhere(ctx context.Context, tx *store.Tx, p *Pool, n *named, c *Code, now time.Time) error {
	var unknown [32]byte
	if _, err := io.ReadFull(s.random, unknown[:]); err != nil {
		return err
	}
	c.Hash = s.codeHash(c.ID, hex.EncodeToString(unknown[:]))
	if err := keepCode(ctx, tx, c); err != nil {
		return err
	}
	stand := &User{Username: n.name}
	plain, err := json.Marshal(p.codeMessage(p.codeTexts(c.Purpose), stand, c, "000000", now))
	if err != nil {
		return err
	}
	id := hex.EncodeToString(s.keys.MAC(keyring.Outbox, hex.EncodeToString(unknown[:])))
	sealed, err := s.keys.Seal(keyring.Outbox, id, plain)
	if err != nil {
		return err
	}
	if _, err := codeTable.DeleteWhere(ctx, tx, expired, now.UnixMilli()); err != nil {
		return err
	}
	return codeTable.Insert(ctx, tx, &Code{ID: id, PoolID: p.ID, Sub: n.sub, Hash: hex.EncodeToString(sealed), Expires: c.Expires})
}

// send makes a code for whom is named and delivers it to the attribute, or, for
// nobody, does as if. It returns what the client is told of it.
func (s *Service) send(ctx context.Context, call *access.Call, n *named, purpose codePurpose, attribute string, candidates []string, metadata map[string]string) (*types.CodeDeliveryDetailsType, error) {
	details, value := s.simulated(n, candidates), ""
	if n.user != nil {
		value = n.user.Attributes[attribute]
		details = deliveryDetails(attribute, value)
	} else {
		attribute = *details.AttributeName
	}
	c, text, err := s.newCode(n.pool.ID, n.sub, n.client.ID, purpose, attribute, value, call.Time)
	if err != nil {
		return nil, err
	}
	what := "ResendCode"
	if purpose == codePassword {
		what = "ForgotPassword"
	}
	d, err := s.composeFor(ctx, call, n, letter{pool: n.pool.Pool, client: n.client.ID, what: what, metadata: metadata}, c, text)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, n.pool.ID, func(tx *store.Tx, p *Pool) error {
		if n.user == nil {
			return s.deliverNowhere(ctx, tx, p, n, c, call.Time)
		}
		return s.deliver(ctx, tx, d)
	})
	if err != nil {
		return nil, err
	}
	return details, nil
}

// deliveryDetails says where a code went, so that its owner knows the place and
// nobody else learns it.
func deliveryDetails(attribute, value string) *types.CodeDeliveryDetailsType {
	d := &types.CodeDeliveryDetailsType{AttributeName: &attribute, DeliveryMedium: types.DeliveryMediumTypeEmail}
	if attribute == attributePhone {
		d.DeliveryMedium = types.DeliveryMediumTypeSms
		d.Destination = ptr(maskPhone(value))
		return d
	}
	d.Destination = ptr(maskEmail(value))
	return d
}

// maskEmail leaves the first letter of both sides: j***@e***. In lower case, since
// the case that somebody once wrote their address in would tell it from a simulated one.
func maskEmail(value string) string {
	value = strings.ToLower(value)
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return "***"
	}
	first := func(text string) string {
		for _, r := range text {
			return string(r)
		}
		return ""
	}
	return first(value[:at]) + "***@" + first(value[at+1:]) + "***"
}

// maskPhone leaves the last four digits of a number that has more: +*******1234.
func maskPhone(value string) string {
	const hidden, shown = "+*******", 4
	digits := strings.TrimPrefix(value, "+")
	if len(digits) < 2*shown {
		return hidden
	}
	return hidden + digits[len(digits)-shown:]
}

// simulated is what a client is told of a code that nobody gets: always the same
// for one name, whatever is asked for, and what it could be for a user of that
// name. A user for whom one thing is not done is told of by another where their
// codes go: it must be the same place, or the two together would tell them from
// nobody.
func (s *Service) simulated(n *named, candidates []string) *types.CodeDeliveryDetailsType {
	if u := n.hidden; u != nil && u.Enabled { // who is kept out is nobody everywhere
		has := slices.DeleteFunc(slices.Clone(candidates), func(a string) bool { return u.Attributes[a] == "" })
		if i := slices.IndexFunc(has, u.verified); i >= 0 {
			has = has[i:]
		}
		if len(has) > 0 {
			return deliveryDetails(has[0], u.Attributes[has[0]])
		}
	}
	for _, a := range candidates {
		if a == attributeEmail && validEmail(n.name) || a == attributePhone && validPhone(n.name) {
			return deliveryDetails(a, n.name)
		}
	}
	attribute := attributeEmail
	if len(candidates) == 1 || !slices.Contains(n.pool.AutoVerified, attributeEmail) && slices.Contains(n.pool.AutoVerified, attributePhone) {
		attribute = candidates[0]
	}
	drawn := s.keys.MAC(keyring.Tokens, "nowhere", n.pool.ID, n.pool.fold(n.name))
	if attribute == attributePhone {
		digits := []byte("+0000")
		for i := 1; i < len(digits); i++ {
			digits[i] += drawn[i] % 10
		}
		return deliveryDetails(attribute, "+1000000"+string(digits[1:]))
	}
	letter := func(b byte) string { return string('a' + rune(b%26)) }
	return deliveryDetails(attribute, letter(drawn[0])+"@"+letter(drawn[1]))
}
