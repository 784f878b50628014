package courier

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/keyring"
)

// security is how a connection to a mail server is encrypted.
type security int

const (
	fromTheStart security = iota // smtps, RFC 8314
	startTLS                     // smtp+starttls, RFC 3207, and nothing without it
	inTheClear                   // smtp, on loopback only
)

var schemes = map[string]struct {
	security security
	port     int
}{"smtps": {fromTheStart, 465}, "smtp+starttls": {startTLS, 587}, "smtp": {inTheClear, 25}}

// MailServer is where mails are handed in.
type MailServer struct {
	host     string
	port     int
	security security
	user     string
	password keyring.Secret
}

// The errors name no setting's value: it holds a password.
var (
	errMailServer = errors.New("it is not smtps://user:password@host:port or smtp+starttls://user:password@host:port, with the user and the password percent-encoded")
	errClear      = errors.New("plain smtp:// is for a mail server on this machine only; use smtps:// or smtp+starttls://")
	errSender     = errors.New(`it is not one mail address, with or without a name, such as no-reply@example.com or "Pizza <no-reply@example.com>"`)
	errWebhook    = errors.New("it is not an https:// URL without a user in it; plain http:// is for this machine only")
)

// ParseMailServer reads smtps://user:password@host:port and its like. The port
// may be left out, as may user and password together.
func ParseMailServer(text keyring.Secret) (MailServer, error) {
	u, err := url.Parse(text.Reveal())
	if err != nil {
		return MailServer{}, errMailServer
	}
	scheme, known := schemes[u.Scheme]
	if !known || u.Hostname() == "" || u.Opaque != "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return MailServer{}, errMailServer
	}
	s := MailServer{host: u.Hostname(), port: scheme.port, security: scheme.security}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return MailServer{}, errMailServer
		}
		s.port = int(port)
	}
	if u.User != nil {
		password, has := u.User.Password()
		if s.user = u.User.Username(); s.user == "" || !has || password == "" {
			return MailServer{}, errMailServer
		}
		s.password = keyring.NewSecret(password)
	}
	if s.security == inTheClear && !isLoopback(s.host) {
		return MailServer{}, errClear
	}
	return s, nil
}

// String is the server without who we are there.
func (s MailServer) String() string {
	for name, scheme := range schemes {
		if scheme.security == s.security {
			return name + "://" + net.JoinHostPort(s.host, strconv.Itoa(s.port))
		}
	}
	return ""
}

// MinWebhookSecret is how many bytes the secret of a webhook must have.
const MinWebhookSecret = 16

// ParseWebhook reads where texts are posted to.
func ParseWebhook(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errWebhook
	}
	return u, nil
}

// CheckWebhookSecret refuses what could be guessed.
func CheckWebhookSecret(s keyring.Secret) error {
	if n := len(s.Reveal()); n < MinWebhookSecret {
		return fmt.Errorf("it has %d bytes and needs %d at least", n, MinWebhookSecret)
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
