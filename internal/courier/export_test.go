package courier

import (
	"crypto/x509"
	netmail "net/mail"
	"strings"

	"github.com/sallyport/sallyport/internal/outbox"
)

// Trust makes a test's own certificate good.
func (s *SMTP) Trust(roots *x509.CertPool) { s.trust.RootCAs = roots }

var Plain, Pause = plain, pause

// Written is a mail as it goes over the wire.
func Written(m outbox.Message) (string, error) {
	l, err := sender{netmail.Address{Address: "no-reply@pizza.example"}, "pizza.example"}.letter("1", m)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	_, err = l.WriteTo(&b)
	return b.String(), err
}
