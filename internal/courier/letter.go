package courier

import (
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/sallyport/sallyport/internal/outbox"
)

const (
	maxAddress = 254 // bytes, RFC 5321 section 4.5.3.1.3 without the angle brackets
	maxSubject = 998 // bytes
)

// sender is how mails introduce this server, unless a pool has a sender of its own.
type sender struct {
	address netmail.Address
	domain  string // of the address: what Message-IDs end with
}

// ParseSender reads an address with or without a name: who a mail says it is from,
// or where answers go.
func ParseSender(text string) (netmail.Address, error) {
	a, err := netmail.ParseAddress(text)
	if err != nil || !bare(a.Address) || !utf8.ValidString(a.Name) || strings.ContainsFunc(a.Name, unicode.IsControl) {
		return netmail.Address{}, errSender
	}
	return *a, nil
}

// bare reports whether text is one address and nothing else, which no header and
// no command of SMTP can be ended with. Quoted local parts are none here.
func bare(text string) bool {
	if len(text) > maxAddress || !utf8.ValidString(text) || strings.ContainsAny(text, "<>()[]\",;:\\") ||
		strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || !unicode.IsGraphic(r) }) {
		return false
	}
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") {
		return false
	}
	a, err := netmail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text
}

// letter is a message as a mail. The envelope has the server's own sender, to
// whom mail servers report what they could not deliver; the pool's stands in From.
func (s sender) letter(id string, m outbox.Message) (*gomail.Msg, error) {
	never := func(reason string) (*gomail.Msg, error) { return nil, &Failure{Reason: reason, Never: true} }
	if !bare(m.To) {
		return never("the address is none that mail can be sent to")
	}
	from := s.address
	if m.From != "" {
		own, err := ParseSender(m.From)
		if err != nil {
			return never("the sender that the user pool names is not an address")
		}
		from = own
	}
	l := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	l.EnvelopeFromMailAddress(&netmail.Address{Address: s.address.Address})
	l.FromMailAddress(&from)
	l.ToMailAddress(&netmail.Address{Address: m.To})
	if m.ReplyTo != "" {
		to, err := ParseSender(m.ReplyTo)
		if err != nil {
			return never("the address for answers that the user pool names is none")
		}
		l.ReplyToMailAddress(&to)
	}
	l.Subject(subject(m.Subject))
	l.SetMessageIDWithValue(id + "@" + s.domain)
	l.SetDateWithValue(m.At)
	l.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers from machines
	text := strings.ToValidUTF8(m.Body, "\uFFFD")
	l.SetBodyString(gomail.TypeTextPlain, plain(text))
	l.AddAlternativeString(gomail.TypeTextHTML, text)
	return l, nil
}

// subject is one line, however many somebody wrote.
func subject(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	for len(text) > maxSubject {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimSpace(text)
}
