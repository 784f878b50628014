package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/sallyport/sallyport/internal/outbox"
)

// stepTimeout bounds what is said on a connection for one mail, in either direction.
const stepTimeout = 20 * time.Second

// SMTP is the way to a mail server. It keeps connections while there is work.
type SMTP struct {
	server MailServer
	sender sender
	trust  *tls.Config

	mu   sync.Mutex
	idle []*line
}

// line is a connection that has said hello and who we are.
type line struct {
	mail *gomail.Client
	smtp *smtp.Client
	conn net.Conn
}

// NewSMTP makes the way to a server. from is a sender that ParseSender takes.
func NewSMTP(server MailServer, from string) (*SMTP, error) {
	a, err := ParseSender(from)
	if err != nil {
		return nil, err
	}
	s := &SMTP{server: server, trust: &tls.Config{ServerName: server.host, MinVersion: tls.VersionTLS12}}
	s.sender.address, s.sender.domain = a, domainOf(a.Address)
	return s, nil
}

// Send hands a mail to the server.
func (s *SMTP) Send(ctx context.Context, id string, m outbox.Message) error {
	letter, err := s.sender.letter(id, m)
	if err != nil {
		return err
	}
	l, err := s.line(ctx)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { l.conn.Close() })()
	err = l.mail.SendWithSMTPClient(l.smtp, letter)
	if err != nil && !letter.IsDelivered() {
		l.conn.Close() // what state it is in is not worth finding out
		return refusal(err)
	}
	if err != nil || ctx.Err() != nil {
		l.conn.Close() // the mail has gone, the connection only went bad afterwards
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, l)
	return nil
}

// line returns a connection that answers.
func (s *SMTP) line(ctx context.Context) (*line, error) {
	for {
		s.mu.Lock()
		var l *line
		if n := len(s.idle); n > 0 {
			l, s.idle = s.idle[n-1], s.idle[:n-1]
		}
		s.mu.Unlock()
		if l == nil {
			return s.dial(ctx)
		}
		_ = l.conn.SetDeadline(time.Now().Add(stepTimeout))
		if l.mail.ResetWithSMTPClient(l.smtp) == nil {
			return l, nil
		}
		l.conn.Close()
	}
}

func (s *SMTP) dial(whole context.Context) (*line, error) {
	l := &line{}
	stop := func() bool { return true }
	options := []gomail.Option{
		gomail.WithPort(s.server.port), gomail.WithTimeout(stepTimeout), gomail.WithTLSConfig(s.trust),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			dialer := &net.Dialer{}
			if s.server.security == fromTheStart {
				conn, err = (&tls.Dialer{NetDialer: dialer, Config: s.trust}).DialContext(ctx, network, address)
			} else {
				conn, err = dialer.DialContext(ctx, network, address)
			}
			if l.conn = conn; err == nil {
				stop = context.AfterFunc(whole, func() { conn.Close() })
			}
			return conn, err
		}),
	}
	switch s.server.security {
	case fromTheStart:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic)) // it is encrypted already
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.server.user != "" {
		kind := gomail.SMTPAuthAutoDiscover
		if s.server.security == inTheClear {
			kind = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(kind), gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password.Reveal()))
	}
	var err error
	if l.mail, err = gomail.NewClient(s.server.host, options...); err != nil {
		return nil, &Failure{Reason: "the mail server's settings cannot be used"}
	}
	l.smtp, err = l.mail.DialToSMTPClientWithContext(whole)
	stop()
	if err != nil {
		if l.conn != nil {
			l.conn.Close()
		}
		return nil, &Failure{Reason: "no connection to the mail server: " + kindOf(err)}
	}
	return l, nil
}

// Rest gives the connections back.
func (s *SMTP) Rest() {
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, l := range idle {
		_ = l.conn.SetDeadline(time.Now().Add(time.Second))
		_ = l.smtp.Quit() // it is only polite
		l.conn.Close()
	}
}

// refusal is what a mail server said about a mail, without its words: they often
// hold the address. Only what it says of the recipient or of the mail itself, and
// for ever, ends a mail; that it does not like us can be mended.
func refusal(err error) *Failure {
	var said *gomail.SendError
	if !errors.As(err, &said) {
		return &Failure{Reason: "the mail server: " + kindOf(err)}
	}
	f := &Failure{Reason: "the mail server: " + said.Reason.String()}
	if code := said.ErrorCode(); code != 0 {
		f.Reason += ": " + strconv.Itoa(code)
		if more := said.EnhancedStatusCode(); more != "" {
			f.Reason += " " + more
		}
		about := said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose
		f.Never = about && code >= 500 && code < 600 && code != 503 && code != 530 && code != 535
	}
	switch said.Reason {
	case gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrNoUnencoded:
		f.Never = true
	}
	return f
}

// kindOf names an error of the network or of TLS without quoting it.
func kindOf(err error) string {
	var timeout net.Error
	var dial *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return "its certificate is not trusted"
	case errors.As(err, &name):
		return "its name is not found"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dial):
		return dial.Op + " failed"
	}
	if answer := (*textproto.Error)(nil); errors.As(err, &answer) {
		return "it refuses us: " + strconv.Itoa(answer.Code)
	}
	return "it does not answer as it should"
}
