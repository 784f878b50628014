package userpool

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

const (
	confirmPath = "/confirmUser"

	fieldClient = "client_id"
	fieldUser   = "user_name"
	fieldCode   = "confirmation_code"

	maxForm = 16 << 10 // bytes of a form that is sent
)

var confirmPattern = regexp.MustCompile(`^/[\w-]+_[0-9a-zA-Z]+` + confirmPath + `$`)

// IsConfirmPath reports whether a path is that of a page where links in mails lead.
func IsConfirmPath(path string) bool { return confirmPattern.MatchString(path) }

// ServeConfirm answers /{poolId}/confirmUser, where the link in a mail leads that
// CONFIRM_WITH_LINK sends. GET only shows a button: programs that look through
// mails follow their links, and must not confirm anybody by it. The button POSTs
// what the link held, which is ConfirmSignUp, with its limits and its code that
// works once. The page says the same of whoever there is not as of a wrong code.
func (s *Service) ServeConfirm(w http.ResponseWriter, r *http.Request, call *access.Call) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src '"+confirmStyleHash+"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers that know no frame-ancestors
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		q := r.URL.Query()
		s.showConfirm(w, r, call, http.StatusOK, confirmView{Asks: true, Client: q.Get(fieldClient), User: q.Get(fieldUser), Code: q.Get(fieldCode)})
	case http.MethodPost:
		s.confirmByLink(w, r, call)
	default:
		header.Set("Allow", "GET, HEAD, POST")
		s.showConfirm(w, r, call, http.StatusMethodNotAllowed, confirmView{Title: "Nothing here", Text: textLinkDead})
	}
}

// What the page says. It is the same for a code that is wrong, used or over, and
// for people whom there is not.
const (
	textLinkDead  = "This link does not work, or does not work any more. If you have used it before, your account is confirmed: just sign in. If not, ask for a new message where you signed up."
	textLinkOften = "Too many tries. Please wait an hour, and then open the link again."
	textLinkTaken = "Another account has this address already. Sign in with that one, or ask for help where you signed up."
	textLinkDone  = "Your account is confirmed. You can close this page and sign in."
	textLinkSorry = "Something went wrong on our side. Please open the link again in a moment."
)

func (s *Service) confirmByLink(w http.ResponseWriter, r *http.Request, call *access.Call) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	dead := confirmView{Title: "This link does not work", Text: textLinkDead}
	if err := r.ParseForm(); err != nil {
		call.Record.Note("form", audit.Refused, "it cannot be read", call.Time)
		s.showConfirm(w, r, call, http.StatusBadRequest, dead)
		return
	}
	err := s.confirmLinked(r.Context(), call, strings.TrimSuffix(r.URL.Path, confirmPath)[1:], r.PostForm.Get(fieldClient), r.PostForm.Get(fieldUser), r.PostForm.Get(fieldCode))
	var often *types.LimitExceededException
	var taken *types.AliasExistsException
	switch {
	case err == nil:
		s.showConfirm(w, r, call, http.StatusOK, confirmView{Title: "Thank you", Text: textLinkDone, Done: true})
	case errors.As(err, &often):
		s.showConfirm(w, r, call, http.StatusTooManyRequests, confirmView{Title: "Please wait", Text: textLinkOften})
	case errors.As(err, &taken): // only whoever has the right code is told
		s.showConfirm(w, r, call, http.StatusConflict, confirmView{Title: "This address is taken", Text: textLinkTaken})
	case isRefusal(err):
		s.showConfirm(w, r, call, http.StatusBadRequest, dead)
	default:
		s.log.ErrorContext(r.Context(), "a sign-up could not be confirmed by its link", "requestId", call.RequestID, "error", err)
		s.showConfirm(w, r, call, http.StatusInternalServerError, confirmView{Title: "Sorry", Text: textLinkSorry})
	}
}

// confirmLinked is ConfirmSignUp for who has a link. No client proves itself here,
// so every one of them hides its users.
func (s *Service) confirmLinked(ctx context.Context, call *access.Call, poolID, clientID, username, code string) error {
	p, c, err := s.anyClient(&clientID)
	if err != nil || p.ID != poolID || !p.byLink(codeSignUp) {
		call.Record.Note("sign-up link", audit.Refused, "no such client of a pool that confirms by links", call.Time)
		return noClient("")
	}
	call.Region = p.Region
	hiding := *c
	settings := *c.Client
	settings.HideUsers, hiding.Client = true, &settings
	n, err := s.whomOf(ctx, call, p, &hiding, username)
	var u *User
	if err == nil {
		u, err = s.confirm(ctx, call, n, code, false)
	}
	if err != nil {
		return s.refused(call, "sign-up link", err)
	}
	call.Record.Note("sign-up link", audit.Passed, "user "+n.sub, call.Time)
	return s.postConfirmation(ctx, call, "ConfirmSignUp", c.ID, p.Pool, u, nil)
}

// confirmView is what a page shows: a form, or what came of it.
type confirmView struct {
	Asks               bool
	Client, User, Code string
	Title, Text        string
	Done               bool
	Style              template.CSS
}

func (s *Service) showConfirm(w http.ResponseWriter, r *http.Request, call *access.Call, status int, view confirmView) {
	if call.Record != nil {
		call.Record.Status = status
	}
	if view.Asks {
		view.Title, view.Text = "Confirm your e-mail address", "Press the button to confirm that this address is yours and finish your sign-up."
	}
	view.Style = confirmStyle
	var page strings.Builder
	if err := confirmTemplate.Execute(&page, view); err != nil {
		s.log.ErrorContext(r.Context(), "a page could not be made", "error", err)
		status = http.StatusInternalServerError
	}
	answer(w, r, status, []byte(page.String()))
}

// confirmStyleHash lets the page's own style through its policy, and no other.
var confirmStyleHash = func() string {
	sum := sha256.Sum256([]byte(confirmStyle))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

const confirmStyle = `:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1b1f24;--soft:#57606a;--line:#d8dee4;--act:#1a56c4;--on:#fff;--good:#1a7f37}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#181c22;--text:#e6e9ed;--soft:#a3abb5;--line:#2c333c;--act:#6ea2ff;--on:#0b1220;--good:#56d37a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:26rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.25}
h1.done{color:var(--good)}
p{margin:0;color:var(--soft)}
form{margin:1.5rem 0 0}
button{width:100%;padding:.75rem 1rem;border:0;border-radius:.5rem;background:var(--act);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.08)}
button:focus-visible{outline:3px solid var(--act);outline-offset:3px}`

var confirmTemplate = template.Must(template.New("confirm").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1{{if .Done}} class="done"{{end}}>{{.Title}}</h1>
<p>{{.Text}}</p>
{{- if .Asks}}
<form method="post" action="confirmUser">
<input type="hidden" name="client_id" value="{{.Client}}">
<input type="hidden" name="user_name" value="{{.User}}">
<input type="hidden" name="confirmation_code" value="{{.Code}}">
<button type="submit">Confirm</button>
</form>
{{- end}}
</main>
</body>
</html>
`))
