package courier_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer speaks as much of SMTP as a client may need, by the book.
type mailServer struct {
	t        testing.TB
	address  string
	roots    *x509.CertPool
	tls      *tls.Config
	implicit bool
	starttls bool
	lax      bool   // what comes may be no SMTP
	login    string // what AUTH PLAIN must say; "" for no AUTH

	mu          sync.Mutex
	got         []mail
	connections int
	open        map[net.Conn]bool
	// says overrides the answer to a line. "" is the ordinary one, "hang" none.
	says func(line string) string
}

type mail struct{ from, to, text string }

func newMailServer(t testing.TB, set func(*mailServer)) *mailServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	m := &mailServer{t: t, roots: x509.NewCertPool(), open: map[net.Conn]bool{}, says: func(string) string { return "" }}
	m.roots.AddCert(certificate)
	m.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	if set != nil {
		set(m)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = listener.Addr().String()
	var conversations sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		m.hangUp()
		conversations.Wait()
	})
	conversations.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.connections++
			m.open[conn] = true
			m.mu.Unlock()
			conversations.Go(func() { m.converse(conn) })
		}
	})
	return m
}

// hangUp breaks all connections.
func (m *mailServer) hangUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for conn := range m.open {
		conn.Close()
	}
}

func (m *mailServer) mails() []mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mail(nil), m.got...)
}

func (m *mailServer) calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.connections
}

func (m *mailServer) converse(raw net.Conn) {
	defer func() {
		m.mu.Lock()
		delete(m.open, raw)
		m.mu.Unlock()
		raw.Close()
	}()
	conn, secure := raw, m.implicit
	if m.implicit {
		conn = tls.Server(raw, m.tls)
	}
	in := bufio.NewReader(conn)
	say := func(text string) bool {
		_, err := conn.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"))
		return err == nil
	}
	say("220 mail ESMTP")
	var now mail
	known := m.login == ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if !m.lax && !strings.HasSuffix(line, "\r\n") || !m.lax && strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n") {
			m.t.Errorf("a line that is none: %q", line)
		}
		line = strings.TrimSuffix(line, "\r\n")
		verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0])
		switch answer := m.says(line); {
		case answer == "hang":
			_, _ = in.ReadByte() // until somebody gives up
			return
		case answer == "drop":
			return
		case answer != "":
			say(answer)
			continue
		}
		switch verb {
		case "EHLO", "HELO":
			text := "250-mail\n250-ENHANCEDSTATUSCODES\n250-SMTPUTF8\n250-8BITMIME\n"
			if m.starttls && !secure {
				text += "250-STARTTLS\n"
			}
			if m.login != "" {
				text += "250-AUTH PLAIN\n"
			}
			say(text + "250 PIPELINING")
		case "STARTTLS":
			say("220 go on")
			conn, secure = tls.Server(raw, m.tls), true
			in = bufio.NewReader(conn)
		case "AUTH":
			if m.starttls && !secure {
				m.t.Error("the password came in the clear")
			}
			proof, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
			if known = string(proof) == m.login; !known {
				say("535 5.7.8 no")
				continue
			}
			say("235 2.7.0 hello")
		case "MAIL":
			if !known {
				say("530 5.7.0 who are you")
				continue
			}
			now = mail{from: between(line)}
			say("250 2.1.0 ok")
		case "RCPT":
			if now.to != "" {
				m.t.Errorf("a second recipient: %q", line)
			}
			now.to = between(line)
			say("250 2.1.5 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				if len(line) > 1000 {
					m.t.Errorf("a line of %d bytes", len(line))
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			now.text = text.String()
			switch answer := m.says("."); answer {
			case "drop":
				return
			case "":
			default:
				say(answer)
				continue
			}
			m.mu.Lock()
			m.got = append(m.got, now)
			m.mu.Unlock()
			say("250 2.0.0 taken")
		case "RSET", "NOOP":
			now = mail{}
			say("250 2.0.0 ok")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("502 5.5.1 what?")
		}
	}
}

func between(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
