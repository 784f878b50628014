package passkey

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// What an answer may be refused for. ErrMalformed is no answer at all; the others
// are answers that prove nothing here.
var (
	ErrMalformed    = errors.New("passkey: not a public-key credential of WebAuthn")
	ErrOrigin       = errors.New("passkey: the origin may not speak for the relying party")
	ErrRelyingParty = errors.New("passkey: made for another relying party")
	ErrUnsupported  = errors.New("passkey: the authenticator or its key is not supported")
	ErrUnverified   = errors.New("passkey: the user was not there, or was not verified")
	ErrWrong        = errors.New("passkey: the answer is not to this question, or not signed by this key")
	ErrRolledBack   = errors.New("passkey: the signature counter went back: the key may have been copied")
)

// RelyingParty is for whom keys are made.
type RelyingParty struct {
	ID         string // a domain: keys work on it and below it
	VerifyUser bool   // a touch is not enough: the authenticator must have verified the person
}

const maxID = 127 // characters, of AWS's RelyingPartyId

var domainPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`)

// ValidID says whether id can be a relying party: a domain in lower case that is
// more than a top-level one, or localhost. Browsers make keys for nothing else.
func ValidID(id string) bool {
	if _, err := netip.ParseAddr(id); err == nil {
		return false
	}
	return id == "localhost" || len(id) <= maxID && domainPattern.MatchString(id)
}

// allows says whether an origin may speak for the relying party: a page of the
// domain or below it, by https; by http on localhost alone, on any port. Apps
// that are known by a certificate instead of a domain may not.
func (rp RelyingParty) allows(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
		return false // a path, a query, a user or capitals in the scheme: no browser writes those
	}
	host, port := u.Hostname(), u.Port()
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return false
		}
		host += ":" + port
	}
	if host != u.Host {
		return false
	}
	domain := rp.ID != "" && (u.Hostname() == rp.ID || strings.HasSuffix(u.Hostname(), "."+rp.ID))
	switch u.Scheme {
	case "https":
		return domain
	case "http":
		return rp.ID == "localhost" && u.Hostname() == "localhost"
	}
	return false
}
