package account

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
)

// Temporary credentials are not stored. All that there is to know of them lies
// in their session token, sealed under the keyring and bound to their key id:
//
//	session -> JSON -> deflate -> Seal(Sessions, ASIA…) -> base64 -> session token
//
// They die by the clock and with the role or user behind them. Older sessions of
// a role are cut off as at AWS, by a policy of the role that denies everything
// to tokens issued before some time: aws:TokenIssueTime says it to the millisecond.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
type session struct {
	Secret  string      `json:"k"`
	Kind    sessionKind `json:"t"`
	Owner   string      `json:"o"` // unique id of the role or user; root's access key id
	Name    string      `json:"n,omitempty"`
	Issued  int64       `json:"i"` // Unix milliseconds
	Expires int64       `json:"e"`
	// Of a role assumed with a web identity or a SAML assertion.
	Provider string              `json:"f,omitempty"`
	Claims   map[string][]string `json:"c,omitempty"` // condition keys in lower case
	passed
}

// passed is what whoever asks for a session may pass along.
type passed struct {
	Policy         string   `json:"p,omitempty"`
	PolicyARNs     []string `json:"a,omitempty"`
	Tags           []tag    `json:"g,omitempty"`
	Transitive     []string `json:"v,omitempty"` // keys of tags
	SourceIdentity string   `json:"s,omitempty"`
}

type sessionKind string

const (
	ofRole          sessionKind = "role"      // AssumeRole
	ofUser          sessionKind = "user"      // GetSessionToken of a user
	ofRoot          sessionKind = "root"      // GetSessionToken of root
	federatedByUser sessionKind = "federated" // GetFederationToken of a user
	federatedByRoot sessionKind = "rootfed"   // GetFederationToken of root
)

const (
	// maxPacked is how many bytes what was passed along may take, packed: the
	// token travels in a header of each request.
	maxPacked = 4096
	// maxToken bounds what is looked at as a token, in bytes.
	maxToken = 12 << 10
	// maxUnpacked bounds what a token unpacks to.
	maxUnpacked = 256 << 10
)

// deflater is a writer with what it writes to. Its tables take 0.8 MB, which is
// most of what a session costs: they are used again.
type deflater struct {
	out    bytes.Buffer
	writer *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	d.writer, _ = flate.NewWriter(&d.out, flate.BestCompression) // fails for levels that there are not
	return d
}}

// pack deflates v as JSON.
func pack(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return deflate(text)
}

func deflate(text []byte) ([]byte, error) {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.writer.Reset(&d.out)
	if _, err := d.writer.Write(text); err != nil {
		return nil, err
	}
	err := d.writer.Close()
	return bytes.Clone(d.out.Bytes()), err
}

// packs reports whether v takes no more than maxPacked, packed. What is short
// already need not be packed to know: deflate stores what it cannot shorten, and
// adds a few bytes.
func packs(v any) (bool, error) {
	text, err := json.Marshal(v)
	if err != nil || len(text) <= maxPacked-64 {
		return true, err
	}
	packed, err := deflate(text)
	return len(packed) <= maxPacked, err
}

// issue makes the credentials of a session, good from now for so long.
func (s *Service) issue(claims session, now time.Time, life time.Duration) (c Credentials, token string, expires time.Time, err error) {
	var raw [40]byte
	rand.Read(raw[:]) // never fails
	claims.Secret = base64.RawStdEncoding.EncodeToString(raw[10:])
	claims.Issued = now.UnixMilli()
	expires = now.Add(life).UTC().Truncate(time.Second)
	claims.Expires = expires.UnixMilli()
	c = Credentials{"ASIA" + base32.StdEncoding.EncodeToString(raw[:10]), keyring.NewSecret(claims.Secret)}
	packed, err := pack(claims)
	if err != nil {
		return Credentials{}, "", time.Time{}, err
	}
	sealed, err := s.keyring.Seal(keyring.Sessions, c.AccessKeyID, packed)
	return c, base64.StdEncoding.EncodeToString(sealed), expires, err
}

// session opens a token for the access key that it came with. It says nothing
// of whether the session is over.
func (s *Service) session(accessKeyID, token string) (claims session, ok bool) {
	if !strings.HasPrefix(accessKeyID, "ASIA") || len(accessKeyID) != 20 || len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // which the decoder steps over
		return session{}, false
	}
	hash := sha256.Sum256([]byte(accessKeyID + "/" + token))
	if claims, ok := s.opened.get(hash); ok {
		return claims, true
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil {
		return session{}, false
	}
	packed, err := s.keyring.Open(keyring.Sessions, accessKeyID, sealed)
	if err != nil {
		return session{}, false
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxUnpacked))
	if err != nil || json.Unmarshal(plain, &claims) != nil || claims.Secret == "" {
		return session{}, false
	}
	s.opened.put(hash, claims)
	return claims, true
}

// sessionKey is Key for temporary credentials.
func (s *Service) sessionKey(accessKeyID, token string) (string, access.Caller, error) {
	claims, ok := s.session(accessKeyID, token)
	if !ok {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	if s.db.Now().UnixMilli() >= claims.Expires {
		return "", access.Caller{}, awsapi.ErrExpiredToken
	}
	caller, err := s.sessionCaller(claims)
	if err != nil {
		return "", access.Caller{}, err
	}
	caller.AccessKeyID = accessKeyID
	return claims.Secret, caller, nil
}

// sessionCaller is whom a session stands for, if they are still there.
func (s *Service) sessionCaller(claims session) (access.Caller, error) {
	t := &access.Temporary{
		IssuerID: claims.Owner, Issued: time.UnixMilli(claims.Issued).UTC(), Expires: time.UnixMilli(claims.Expires).UTC(),
		Policy: claims.Policy, PolicyARNs: claims.PolicyARNs, TransitiveTags: claims.Transitive, SourceIdentity: claims.SourceIdentity,
		Provider: claims.Provider, Claims: claims.Claims,
	}
	if len(claims.Tags) > 0 {
		t.Tags = make(map[string]string, len(claims.Tags))
		for _, g := range claims.Tags {
			t.Tags[g.Key] = g.Value
		}
	}
	caller := access.Caller{Kind: access.Session, Account: s.account, Session: t}
	if claims.Kind == ofRoot || claims.Kind == federatedByRoot {
		if !s.isRootKey(claims.Owner) {
			return access.Caller{}, awsapi.ErrUnknownKey // root's key has been changed since
		}
		root := s.root("")
		t.Issuer, t.IssuerID = root.ARN, ""
		if claims.Kind == ofRoot {
			root.Session = t
			return root, nil
		}
		return s.federatedCaller(caller, claims.Name), nil
	}
	e := s.current.Load().entities[claims.Owner]
	if e == nil || (e.Kind == role) != (claims.Kind == ofRole) {
		return access.Caller{}, awsapi.ErrUnknownKey
	}
	t.Issuer = e.arn(s.account)
	switch claims.Kind {
	case ofRole:
		t.Assumed = true
		caller.ARN, caller.ID = s.assumedARN(e.Name, claims.Name), e.ID+":"+claims.Name
	case ofUser:
		caller.Kind, caller.ARN, caller.ID = access.User, t.Issuer, e.ID
	case federatedByUser:
		return s.federatedCaller(caller, claims.Name), nil
	default:
		return access.Caller{}, awsapi.ErrUnknownKey
	}
	return caller, nil
}

func (s *Service) federatedCaller(c access.Caller, name string) access.Caller {
	c.ARN, c.ID = s.federatedARN(name), s.account+":"+name
	c.Session.Federated = true
	return c
}

func (s *Service) assumedARN(role, name string) string {
	return "arn:aws:sts::" + s.account + ":assumed-role/" + role + "/" + name
}

func (s *Service) federatedARN(name string) string {
	return "arn:aws:sts::" + s.account + ":federated-user/" + name
}

// isRootKey reports whether an access key is root's now.
func (s *Service) isRootKey(id string) bool {
	if s.given.AccessKeyID != "" {
		return id == s.given.AccessKeyID
	}
	key := s.current.Load().keys[id]
	return key != nil && key.owner == ownerRoot
}
