package function

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
)

// linkLife is how long GetFunction's Code.Location works, as at AWS.
const linkLife = 10 * time.Minute

// codeLink is the address of a package for whoever was allowed to ask for it.
//
//	{CodeURL}/{sha256}?Expires={unix seconds}&Signature={base64url}
func (s *Service) codeLink(sha string, now time.Time) string {
	expires := strconv.FormatInt(now.Add(linkLife).Unix(), 10)
	return s.codeURL + "/" + sha + "?Expires=" + expires + "&Signature=" + s.linkSignature(sha, expires)
}

func (s *Service) linkSignature(sha, expires string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.MAC(keyring.Tokens, "function-code", sha, expires))
}

// ServeCode answers the links that GetFunction gives out. Mount it at the path of Config.CodeURL.
func (s *Service) ServeCode(w http.ResponseWriter, r *http.Request) {
	sha := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	q := r.URL.Query()
	expires := q.Get("Expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET", http.StatusMethodNotAllowed)
		return
	case err != nil || !hmac.Equal([]byte(q.Get("Signature")), []byte(s.linkSignature(sha, expires))):
		http.Error(w, "Access denied", http.StatusForbidden)
		return
	case s.clock.Now().Unix() >= until:
		http.Error(w, "Request has expired", http.StatusForbidden)
		return
	}
	archive, err := readCode(r.Context(), s.db, sha)
	if err != nil {
		s.log.Error("a package could not be read", "error", err)
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	if len(archive) == 0 {
		http.Error(w, "Not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(archive) // the client's loss
	}
}
