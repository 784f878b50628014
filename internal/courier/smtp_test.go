package courier_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func note(change func(*outbox.Message)) outbox.Message {
	m := outbox.Message{At: noon, Channel: outbox.Email, To: "ann@example.com", UserPoolID: "us-east-1_abc", Username: "ann", Purpose: "sign-up",
		Code: "123456", Subject: "Your code", Body: "Your code is 123456"}
	if change != nil {
		change(&m)
	}
	return m
}

// way is the way to a server, as an operator writes it: scheme and user.
func way(t testing.TB, m *mailServer, scheme, user string) *courier.SMTP {
	t.Helper()
	if user != "" {
		user += "@"
	}
	server, err := courier.ParseMailServer(keyring.NewSecret(scheme + "://" + user + m.address))
	if err != nil {
		t.Fatal(err)
	}
	s, err := courier.NewSMTP(server, "Pizza <no-reply@pizza.example>")
	if err != nil {
		t.Fatal(err)
	}
	s.Trust(m.roots)
	t.Cleanup(s.Rest)
	return s
}

func failure(t testing.TB, err error) *courier.Failure {
	t.Helper()
	var f *courier.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v", err)
	}
	for _, private := range []string{"ann", "example.com", "123456", "secret"} {
		if strings.Contains(f.Reason, private) {
			t.Errorf("the log would hold %q: %s", private, f.Reason)
		}
	}
	return f
}

// parts reads a mail as its reader's program does.
func parts(t testing.TB, m mail) (header netmail.Header, plain, html string) {
	t.Helper()
	read, err := netmail.ReadMessage(strings.NewReader(m.text))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	list := multipart.NewReader(read.Body, parameters["boundary"])
	for _, want := range []struct {
		kind string
		into *string
	}{{"text/plain", &plain}, {"text/html", &html}} {
		part, err := list.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, p, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if kind != want.kind || !strings.EqualFold(p["charset"], "utf-8") || err != nil {
			t.Fatalf("a part is %s %v, %v", kind, p, err)
		}
		*want.into = string(text)
	}
	return read.Header, plain, html
}

func TestMailsLeaveEncryptedAndAsWhomTheOperatorSays(t *testing.T) {
	const login = "\x00pizza@example\x00hunter2:/@"
	for name, tc := range map[string]struct {
		scheme, user string
		set          func(*mailServer)
	}{
		"TLS from the start":            {"smtps", "pizza%40example:hunter2%3A%2F%40", func(m *mailServer) { m.implicit, m.login = true, login }},
		"STARTTLS":                      {"smtp+starttls", "pizza%40example:hunter2%3A%2F%40", func(m *mailServer) { m.starttls, m.login = true, login }},
		"in the clear on this machine":  {"smtp", "", nil},
		"the same with a password":      {"smtp", "pizza%40example:hunter2%3A%2F%40", func(m *mailServer) { m.login = login }},
		"STARTTLS, and nobody needs be": {"smtp+starttls", "", func(m *mailServer) { m.starttls = true }},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailServer(t, tc.set)
			if err := way(t, m, tc.scheme, tc.user).Send(t.Context(), "0123", note(nil)); err != nil {
				t.Fatal(err)
			}
			got := m.mails()
			if len(got) != 1 || got[0].from != "no-reply@pizza.example" || got[0].to != "ann@example.com" {
				t.Fatalf("got %+v", got)
			}
			header, plain, html := parts(t, got[0])
			for name, want := range map[string]string{
				"From": `"Pizza" <no-reply@pizza.example>`, "To": "<ann@example.com>", "Subject": "Your code", "Message-Id": "<0123@pizza.example>",
				"Auto-Submitted": "auto-generated", "Date": "Fri, 02 Jan 2026 12:00:00 +0000", "User-Agent": "",
			} {
				if got := header.Get(name); got != want {
					t.Errorf("%s: %s", name, got)
				}
			}
			if plain != "Your code is 123456" || html != plain {
				t.Errorf("it says %q, %q", plain, html)
			}
		})
	}
}

func TestNothingIsSentWhereTheConnectionIsNotAsItMustBe(t *testing.T) {
	for name, tc := range map[string]struct {
		scheme, user string
		set          func(*mailServer)
		distrust     bool
		says         string
	}{
		"no STARTTLS":          {"smtp+starttls", "pizza:hunter2", func(m *mailServer) { m.login = "x" }, false, ""},
		"a stranger's":         {"smtps", "", func(m *mailServer) { m.implicit = true }, true, "certificate"},
		"a stranger's, later":  {"smtp+starttls", "", func(m *mailServer) { m.starttls = true }, true, "certificate"},
		"a wrong password":     {"smtps", "pizza:secret", func(m *mailServer) { m.implicit, m.login = true, "x" }, false, "535"},
		"no password asked":    {"smtps", "pizza:secret", func(m *mailServer) { m.implicit = true }, false, ""},
		"a password needed":    {"smtps", "", func(m *mailServer) { m.implicit, m.login = true, "x" }, false, "530"},
		"no TLS where TLS is":  {"smtps", "", func(m *mailServer) { m.lax = true }, false, ""},
		"TLS where none is":    {"smtp", "", func(m *mailServer) { m.implicit = true }, false, ""},
		"it refuses to listen": {"smtp", "", func(m *mailServer) { m.says = func(string) string { return "421 4.3.2 closing" } }, false, "421"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailServer(t, tc.set)
			s := way(t, m, tc.scheme, tc.user)
			if tc.distrust {
				s.Trust(nil)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			f := failure(t, s.Send(ctx, "1", note(nil)))
			if f.Never || len(m.mails()) != 0 || !strings.Contains(f.Reason, tc.says) {
				t.Errorf("%+v; %d mails", f, len(m.mails()))
			}
		})
	}
}

func TestWhatAServerRefusesForEverEndsAndTheRestComesAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		at, answer string
		never      bool
		says       string
	}{
		"nobody of that name":    {"RCPT", "550 5.1.1 <ann@example.com> unknown, 123456", true, "550 5.1.1"},
		"a mailbox that is full": {"RCPT", "452 4.2.2 ann@example.com", false, "452 4.2.2"},
		"greylisted":             {"RCPT", "451 4.7.1 later", false, "451"},
		"the sender":             {"MAIL", "550 5.7.1 not you", false, "550"},
		"the text":               {".", "554 5.6.0 secret", true, "554"},
		"too busy":               {"DATA", "421 4.3.2 closing", false, "421"},
		"gone before the answer": {".", "drop", false, ""},
		"gone in the middle":     {"RCPT", "drop", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailServer(t, nil)
			var mended atomic.Bool
			m.says = func(line string) string {
				if !mended.Load() && strings.HasPrefix(line, tc.at) {
					return tc.answer
				}
				return ""
			}
			s := way(t, m, "smtp", "")
			f := failure(t, s.Send(t.Context(), "1", note(nil)))
			if f.Never != tc.never || !strings.Contains(f.Reason, tc.says) {
				t.Errorf("%+v", f)
			}
			mended.Store(true)
			if err := s.Send(t.Context(), "1", note(nil)); err != nil || len(m.mails()) != 1 {
				t.Errorf("afterwards: %v, %d mails", err, len(m.mails()))
			}
		})
	}
}

func TestConnectionsAreKeptWhileThereIsWork(t *testing.T) {
	m := newMailServer(t, nil)
	s := way(t, m, "smtp", "")
	for range 3 {
		if err := s.Send(t.Context(), "1", note(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if m.calls() != 1 {
		t.Errorf("%d connections for three mails", m.calls())
	}
	m.hangUp() // one that broke while idle is replaced
	if err := s.Send(t.Context(), "1", note(nil)); err != nil {
		t.Fatal(err)
	}
	s.Rest()
	if err := s.Send(t.Context(), "1", note(nil)); err != nil || m.calls() != 3 || len(m.mails()) != 5 {
		t.Errorf("%v; %d connections, %d mails", err, m.calls(), len(m.mails()))
	}
}

func TestAServerThatHangsHoldsNobodyUp(t *testing.T) {
	for _, at := range []string{"EHLO", "MAIL", "RCPT"} {
		m := newMailServer(t, nil)
		m.says = func(line string) string {
			if strings.HasPrefix(line, at) {
				return "hang"
			}
			return ""
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		f := failure(t, way(t, m, "smtp", "").Send(ctx, "1", note(nil)))
		cancel()
		if f.Never {
			t.Errorf("%s: %+v", at, f)
		}
	}
}
