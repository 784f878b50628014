package userpool

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

const (
	codePlace     = "{####}"     // where a message gets its code or temporary password
	usernamePlace = "{username}" // and where the user's name

	maxMailSubject = 140 // characters, of a subject and of an SMS, its code included
	maxSMS         = 140
	maxMail        = 20000
	maxMetadata    = 128 << 10 // bytes of a call's ClientMetadata, which may wait with the message
)

// letter is a message to a user before it has words. what is how AWS calls its
// occasion: SignUp, AdminCreateUser, ResendCode, ForgotPassword,
// UpdateUserAttribute, VerifyUserAttribute or Authentication.
type letter struct {
	pool     *Pool
	user     *User
	client   string // id; "": an administrator's call
	what     string
	metadata map[string]string // ClientMetadata of the call
	secret   string            // what {####} becomes
	link     bool              // the mail brings a link in the place of a code
}

// fits refuses what is too long to be kept with a message.
func (l letter) fits() error {
	size := 0
	for key, value := range l.metadata {
		size += len(key) + len(value)
	}
	if size > maxMetadata {
		return invalid(textLongMetadata)
	}
	return nil
}

type messageRequest struct {
	Attributes   map[string]string `json:"userAttributes"`
	CodePlace    string            `json:"codeParameter"`
	UsernameHere *string           `json:"usernameParameter"`
	LinkPlace    string            `json:"linkParameter,omitempty"`
	Metadata     map[string]string `json:"clientMetadata,omitempty"`
}

type messageResponse struct {
	SMS     *string `json:"smsMessage"`
	Email   *string `json:"emailMessage"`
	Subject *string `json:"emailSubject"`
}

// words asks the pool's custom message trigger for a letter's words. A body of
// the function's that lacks the place of the code, or in an invitation that of the
// name, is passed over for the pool's own, as at AWS: nobody could use it.
//
// It runs before the transaction that keeps code and message, since no function
// runs inside one: the code is not good yet, and a refusal leaves nothing behind.
func (s *Service) words(ctx context.Context, call *access.Call, l letter, own MessageText) (MessageText, error) {
	const invitation = "AdminCreateUser"
	if err := l.fits(); err != nil {
		return own, err
	}
	var said messageResponse
	request := messageRequest{Attributes: l.pool.toldOf(l.user), CodePlace: codePlace, Metadata: l.metadata}
	if l.what == invitation {
		request.UsernameHere = ptr(usernamePlace)
	}
	if l.link {
		request.LinkPlace = "{##Click Here##}"
	}
	began := s.clock.Now()
	ran, err := s.trigger(ctx, call, occasion{
		pool: l.pool, client: l.client, kind: trigger.CustomMessage, what: l.what, username: l.user.Username, request: request, response: &said,
	})
	if err != nil || !ran {
		return own, err
	}
	s.paces.note(l.pool.ID, trigger.CustomMessage, s.clock.Now().Sub(began))
	usable := func(body *string) bool {
		hasPlace := strings.Contains(deref(body), codePlace) || l.link && body == said.Email && linkPlace.MatchString(deref(body))
		return hasPlace && (l.what != invitation || strings.Contains(*body, usernamePlace))
	}
	fits := func(text *string, most int) bool {
		return utf8.RuneCountInString(strings.ReplaceAll(deref(text), codePlace, l.secret)) <= most
	}
	switch {
	case !fits(said.SMS, maxSMS), !fits(said.Email, maxMail), !fits(said.Subject, maxMailSubject):
		return own, s.senseless(call, trigger.CustomMessage, l.what, "a message is too long")
	case strings.ContainsFunc(deref(said.Subject), func(r rune) bool { return r < ' ' || r == 0x7f }):
		return own, s.senseless(call, trigger.CustomMessage, l.what, "a subject has control characters")
	}
	for _, body := range []*string{said.SMS, said.Email} {
		if deref(body) != "" && !usable(body) {
			call.Record.Note("trigger "+string(trigger.CustomMessage.Of(l.what)), audit.Passed, "a message without the place of the code or the name was passed over", call.Time)
		}
	}
	if usable(said.SMS) {
		own.SMS = *said.SMS
	}
	if usable(said.Email) {
		own.Email = *said.Email
	}
	if deref(said.Subject) != "" {
		own.Subject = *said.Subject
	}
	return own, nil
}
