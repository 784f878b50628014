package courier_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
)

const shared = "sixteen or more bytes"

func text(change func(*outbox.Message)) outbox.Message {
	return note(func(m *outbox.Message) {
		m.Channel, m.To, m.Subject = outbox.SMS, "+15550100", ""
		m.Body, m.Until = "Grüße: 123456 <3", noon.Add(time.Hour)
		if change != nil {
			change(m)
		}
	})
}

func webhook(t testing.TB, url string, now *clock.Clock) *courier.Webhook {
	t.Helper()
	to, err := courier.ParseWebhook(url)
	if err != nil {
		t.Fatal(err)
	}
	return courier.NewWebhook(to, keyring.NewSecret(shared), now)
}

func TestATextIsPostedWithProofOfWhoPostsIt(t *testing.T) {
	now := new(clock.Clock)
	now.Advance(90 * time.Minute)
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.RequestURI() != "/sms?for=pizza" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	if err := webhook(t, server.URL+"/sms?for=pizza", now).Send(t.Context(), "0123", text(nil)); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"id": "0123", "to": "+15550100", "text": "Grüße: 123456 <3", "purpose": "sign-up", "userPoolId": "us-east-1_abc", "username": "ann", "until": "2026-01-02T13:00:00Z"} {
		if got[name] != want {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	if header.Get("Content-Type") != "application/json" || header.Get("Idempotency-Key") != "0123" {
		t.Errorf("headers %v", header)
	}
	at, proof, ok := strings.Cut(strings.TrimPrefix(header.Get(courier.SignatureHeader), "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(shared))
	mac.Write([]byte(at + "." + string(body)))
	if seconds, _ := strconv.ParseInt(at, 10, 64); !ok || proof != hex.EncodeToString(mac.Sum(nil)) || time.Until(time.Unix(seconds, 0)).Round(time.Minute) != 90*time.Minute {
		t.Errorf("signed %s", header.Get(courier.SignatureHeader))
	}
}

func TestWhatAWebhookAnswersDecides(t *testing.T) {
	for _, tc := range []struct {
		status int
		wait   string
		taken  bool
		never  bool
		after  time.Duration
	}{
		{200, "", true, false, 0}, {204, "", true, false, 0},
		{400, "", false, true, 0}, {422, "", false, true, 0}, {410, "", false, true, 0},
		{401, "", false, false, 0}, {404, "", false, false, 0}, {500, "", false, false, 0},
		{429, "120", false, false, 2 * time.Minute}, {503, "soon", false, false, 0}, {503, "-5", false, false, 0},
		{302, "", false, false, 0}, {307, "", false, false, 0}, // nobody else is sent it
	} {
		elsewhere := false
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			if tc.wait != "" {
				w.Header().Set("Retry-After", tc.wait)
			}
			w.WriteHeader(tc.status)
			if tc.status != http.StatusNoContent {
				_, _ = io.WriteString(w, strings.Repeat("the secret of ann@example.com is 123456 ", 5000))
			}
		})
		mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { elsewhere = true })
		server := httptest.NewServer(mux)
		err := webhook(t, server.URL, new(clock.Clock)).Send(t.Context(), "1", text(nil))
		server.Close()
		if tc.taken {
			if err != nil {
				t.Errorf("%d: %v", tc.status, err)
			}
			continue
		}
		if f := failure(t, err); f.Never != tc.never || f.After != tc.after || elsewhere || !strings.Contains(f.Reason, strconv.Itoa(tc.status)) {
			t.Errorf("%d: %+v, %v", tc.status, f, elsewhere)
		}
	}
	if f := failure(t, webhook(t, "http://127.0.0.1:1", new(clock.Clock)).Send(t.Context(), "1", text(nil))); f.Never {
		t.Errorf("nobody there: %+v", f)
	}
}

func TestSettingsThatAreRefusedNameNoSecret(t *testing.T) {
	for _, bad := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://mail.example.com", "smtp://u:hunter2@10.0.0.1:25", "smtps://", "smtps://:hunter2@h", "smtps://u@h", "smtps://u:hunter2@h:0",
		"smtps://u:hunter2@h:99999", "smtps://u:hunter2@h/path", "smtps://u:hunter2@h?x=1", "smtps://u:hunter2@h#x", "smtps://u:hunt%zzer2@h", "smtps:u:hunter2@h", "smtp://localhost.example.com",
	} {
		_, err := courier.ParseMailServer(keyring.NewSecret(bad))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for good, want := range map[string]string{
		"smtps://mail.example.com": "smtps://mail.example.com:465", "smtp+starttls://u:p@mail.example.com:2525": "smtp+starttls://mail.example.com:2525",
		"smtp+starttls://mail.example.com/": "smtp+starttls://mail.example.com:587", "smtp://127.0.0.1:1025": "smtp://127.0.0.1:1025", "smtp://[::1]": "smtp://[::1]:25", "smtp://localhost": "smtp://localhost:25",
	} {
		if s, err := courier.ParseMailServer(keyring.NewSecret(good)); err != nil || s.String() != want {
			t.Errorf("%s: %s, %v", good, s, err)
		}
	}
	for _, bad := range []string{"", "http://sms.example.com", "https://u:p@sms.example.com", "ftp://x", "https://", "https://x#y", "http://localhost.example.com/", "https:x"} {
		if _, err := courier.ParseWebhook(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, bad := range []string{"", "fifteen bytes .", "pizza"} {
		if err := courier.CheckWebhookSecret(keyring.NewSecret(bad)); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "pizza", "a@x.example, b@x.example", "A <a@x.example> x", "a@x.example\n", "A\x00 <a@x.example>"} {
		if _, err := courier.ParseSender(bad); err == nil {
			t.Errorf("%q is a sender", bad)
		}
	}
}
