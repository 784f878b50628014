package courier

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
)

// SignatureHeader carries when a text was posted and the proof that this server
// posted it: t=<Unix seconds>,v1=<hex>, where hex is HMAC-SHA256 with the shared
// secret over the digits of t, a full stop and the body. A receiver refuses what
// is not signed so or is older than some minutes, and sends each Idempotency-Key once.
const SignatureHeader = "Sallyport-Signature"

// Webhook is the way to whoever sends texts.
type Webhook struct {
	url    *url.URL
	secret keyring.Secret
	clock  *clock.Clock
	http   *http.Client
}

// NewWebhook makes the way to a URL that ParseWebhook returned.
func NewWebhook(to *url.URL, secret keyring.Secret, now *clock.Clock) *Webhook {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	return &Webhook{url: to, secret: secret, clock: now, http: &http.Client{
		Transport:     transport, // a message is for one receiver, who sends it nowhere else
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// text is what is posted.
type text struct {
	ID       string `json:"id"` // the same each time the text is posted
	To       string `json:"to"` // E.164
	Text     string `json:"text"`
	Purpose  string `json:"purpose"`
	Pool     string `json:"userPoolId"`
	Username string `json:"username"`
	Until    string `json:"until,omitempty"` // RFC 3339: of no use afterwards
}

// Send posts a text. 2xx means that it was taken; 400, 410, 413 and 422 that it never will be.
func (h *Webhook) Send(ctx context.Context, id string, m outbox.Message) error {
	t := text{ID: id, To: m.To, Text: m.Body, Purpose: m.Purpose, Pool: m.UserPoolID, Username: m.Username}
	if !m.Until.IsZero() {
		t.Until = m.Until.UTC().Format(time.RFC3339)
	}
	body, err := json.Marshal(t)
	if err != nil {
		return &Failure{Reason: "the text cannot be written as JSON", Never: true}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(body))
	if err != nil {
		return &Failure{Reason: "the webhook's URL cannot be used"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", id)
	request.Header.Set("User-Agent", "sallyport")
	request.Header.Set(SignatureHeader, h.signature(body))
	answer, err := h.http.Do(request)
	if err != nil {
		return &Failure{Reason: "the webhook: " + kindOf(err)}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return nil
	}
	f := &Failure{Reason: "the webhook answers " + strconv.Itoa(answer.StatusCode)}
	switch answer.StatusCode {
	case http.StatusBadRequest, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		f.Never = true
	}
	if seconds, err := strconv.ParseUint(answer.Header.Get("Retry-After"), 10, 31); err == nil {
		f.After = time.Duration(seconds) * time.Second
	}
	return f
}

func (h *Webhook) signature(body []byte) string {
	at := strconv.FormatInt(h.clock.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(h.secret.Reveal()))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Rest gives the connections back.
func (h *Webhook) Rest() { h.http.CloseIdleConnections() }
