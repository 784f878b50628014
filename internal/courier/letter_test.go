package courier_test

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/outbox"
)

func TestWhatPeopleAndPoolsWriteStaysInItsPlace(t *testing.T) {
	long := strings.Repeat("ünbelievably long ", 500)
	for name, tc := range map[string]struct {
		change                func(*outbox.Message)
		header, want          string
		plainHolds, htmlHolds string
	}{
		"a subject with a line": {func(m *outbox.Message) { m.Subject = "Hi\r\nBcc: eve@example.com\r\n\r\nbody" }, "Subject", "Hi  Bcc: eve@example.com    body", "", ""},
		"a subject of another writing": {func(m *outbox.Message) { m.Subject = "Grüße, \u202e Ann 🍕 " + strings.Repeat("é", 200) }, "Subject",
			"Grüße, \u202e Ann 🍕 " + strings.Repeat("é", 200), "", ""},
		"a subject that is no text": {func(m *outbox.Message) { m.Subject = "a\xffb\x00c\u2028d" }, "Subject", "a\uFFFDb c d", "", ""},
		"the pool's sender":         {func(m *outbox.Message) { m.From = "Grüne Pizza <hello@green.example>" }, "From", "Grüne Pizza <hello@green.example>", "", ""},
		"a name like a header":      {func(m *outbox.Message) { m.From = "\"x, Bcc: eve@example.com\" <hello@green.example>" }, "From", "\"x, Bcc: eve@example.com\" <hello@green.example>", "", ""},
		"answers":                   {func(m *outbox.Message) { m.ReplyTo = "help@green.example" }, "Reply-To", "<help@green.example>", "", ""},
		"a very long line":          {func(m *outbox.Message) { m.Body = long }, "To", "<ann@example.com>", strings.TrimSpace(long), long},
		"dots and ends":             {func(m *outbox.Message) { m.Body = ".\r\n.\r\nQUIT\r\n..x" }, "To", "<ann@example.com>", "..x", ".\r\n.\r\nQUIT\r\n..x"},
		"markup": {func(m *outbox.Message) {
			m.Body = `<p>Hi <b>Ann</b> &amp; co,</p><p><a href="https://x.example/?a=1&amp;b=2">Verify</a></p>`
		}, "To", "<ann@example.com>",
			"Hi Ann & co,\r\n\r\nVerify (https://x.example/?a=1&b=2)", `<a href="https://x.example/?a=1&amp;b=2">`},
		"no text": {func(m *outbox.Message) { m.Body = "a\xff" }, "To", "<ann@example.com>", "a\uFFFD", "a\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailServer(t, nil)
			if err := way(t, m, "smtp", "").Send(t.Context(), "1", note(tc.change)); err != nil {
				t.Fatal(err)
			}
			got := m.mails()
			if len(got) != 1 || got[0].to != "ann@example.com" || got[0].from != "no-reply@pizza.example" {
				t.Fatalf("got %+v", got)
			}
			header, plain, html := parts(t, got[0])
			shown, err := new(mime.WordDecoder).DecodeHeader(header.Get(tc.header))
			if err != nil || shown != tc.want {
				t.Errorf("%s is %q, %v", tc.header, shown, err)
			}
			for _, name := range []string{"Bcc", "Cc"} {
				if header.Get(name) != "" {
					t.Errorf("there is a header %s", name)
				}
			}
			if !strings.Contains(plain, tc.plainHolds) || !strings.Contains(html, tc.htmlHolds) {
				t.Errorf("it says\n%q\n%q", plain, html)
			}
		})
	}
}

func TestWhatIsNoAddressGetsNothing(t *testing.T) {
	m := newMailServer(t, nil)
	s := way(t, m, "smtp", "")
	for _, to := range []string{
		"", "ann", "@example.com", "ann@", "ann@example.com\r\nRCPT TO:<eve@example.com>", "ann@example.com, eve@example.com", "Ann <ann@example.com>",
		"<ann@example.com>", "ann@example.com>", "ann @example.com", "ann@example.com ", "\"a b\"@example.com", "ann@[127.0.0.1]", "ann@eve@example.com", "ann@example.com\x00",
		"ann@exam\u00a0ple.com", "ann\u202e@example.com", "a\xff@example.com", strings.Repeat("a", 250) + "@example.com", "ann@example.com;eve@example.com", "ann@example.com NOTIFY=NEVER",
	} {
		if f := failure(t, s.Send(t.Context(), "1", note(func(m *outbox.Message) { m.To = to }))); !f.Never {
			t.Errorf("%q: %+v", to, f)
		}
	}
	for _, from := range []string{"nobody", "a@x.example, b@x.example", "A\r\nBcc: e@x.example <a@x.example>", "A <a@x.example\r\n>"} {
		if f := failure(t, s.Send(t.Context(), "1", note(func(m *outbox.Message) { m.From = from }))); !f.Never {
			t.Errorf("from %q: %+v", from, f)
		}
		if f := failure(t, s.Send(t.Context(), "1", note(func(m *outbox.Message) { m.ReplyTo = from }))); !f.Never {
			t.Errorf("answers to %q: %+v", from, f)
		}
	}
	if m.calls() != 0 {
		t.Errorf("the server was called %d times", m.calls())
	}
}

func TestAnAddressMayBeOfAnyWriting(t *testing.T) {
	for _, to := range []string{"änn@example.com", "o'neil+pizza@example.co.uk", "ann@münchen.example", "アン@example.jp"} {
		m := newMailServer(t, nil)
		if err := way(t, m, "smtp", "").Send(t.Context(), "1", note(func(m *outbox.Message) { m.To = to })); err != nil {
			t.Errorf("%s: %v", to, err)
		} else if got := m.mails(); len(got) != 1 || got[0].to != to {
			t.Errorf("%s: %+v", to, got)
		}
	}
}

func TestPlainTextOfHTML(t *testing.T) {
	for markup, want := range map[string]string{
		"Your code is 123456":     "Your code is 123456",
		"5 &lt; 6 &amp; 1":        "5 < 6 & 1",
		"one\ntwo":                "one\ntwo",
		"one<br>two<br/>\n three": "one\ntwo\nthree",
		"<html><head><title>x</title><style>p > a {}</style></head><body><h1>Hi</h1>\n  <p>a  b\nc</p></body></html>": "Hi\n\na b c",
		"a<script>if (1 < 2) alert('<b>')</script>b":                                                                  "ab",
		"a <!-- <b> --> b":                                  "a b",
		"1 < 2 and <b>3 > 2</b>":                            "1 < 2 and 3 > 2",
		`<a href="https://x.example">here</a>.`:             "here (https://x.example).",
		`<a href='https://x.example'>https://x.example</a>`: "https://x.example",
		`<a href="javascript:alert(1)">here</a>`:            "here",
		`<a title="a > b" href=https://x.example>here`:      "here (https://x.example)",
		"<ul><li>one<li>two</ul>end":                        "one\ntwo\n\nend",
		"<":                                                 "<",
		"<b":                                                "",
	} {
		if got := courier.Plain(markup); got != want {
			t.Errorf("%q\n got %q\nwant %q", markup, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"<p>a</p>", `<a href="https://x">y</a>`, "<!-- ", "<script><style></script>", "&lt;<br", "<a href='", "<\xff>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, markup string) {
		got := courier.Plain(markup)
		if utf8.ValidString(markup) && !utf8.ValidString(got) {
			t.Errorf("%q becomes %q, which is no text", markup, got)
		}
		if len(got) > 8*len(markup)+16 {
			t.Errorf("%d bytes become %d", len(markup), len(got))
		}
	})
}

func FuzzLetter(f *testing.F) {
	f.Add("ann@example.com", "subject", "body", "Pizza <a@x.example>")
	f.Add("ann@example.com\r\nX: y", "a\r\nb", ".\r\n", "\"a\r\n\" <a@x.example>")
	f.Fuzz(func(t *testing.T, to, subject, body, from string) {
		text, err := courier.Written(outbox.Message{At: noon, To: to, Subject: subject, Body: body, From: from})
		if err != nil {
			return
		}
		header, _, _ := strings.Cut(text, "\r\n\r\n")
		for line := range strings.SplitSeq(header, "\r\n") {
			name, _, ok := strings.Cut(line, ": ")
			known := map[string]bool{"Date": true, "MIME-Version": true, "Message-ID": true, "Subject": true, "From": true, "To": true, "Auto-Submitted": true, "Content-Type": true}
			if !strings.HasPrefix(line, " ") && !(ok && known[name]) || strings.ContainsAny(line, "\r\n\x00") || len(line) > 998 {
				t.Errorf("a header line is %q", line)
			}
		}
	})
}
