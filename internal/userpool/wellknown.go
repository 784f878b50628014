package userpool

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"strings"
)

// documents are what a pool publishes about itself.
type documents struct{ keySet, discovery []byte }

// publicKey is one key of a JWKS (RFC 7517).
type publicKey struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	KeyID     string `json:"kid"`
	Type      string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

// discovery is OpenID Provider Metadata (OpenID Connect Discovery 1.0). The
// authorization endpoints stand on a pool's domain, of which there is none yet.
type discovery struct {
	ClaimsSupported    []string `json:"claims_supported"`
	SigningAlgorithms  []string `json:"id_token_signing_alg_values_supported"`
	Issuer             string   `json:"issuer"`
	KeySetURL          string   `json:"jwks_uri"`
	ResponseTypes      []string `json:"response_types_supported"`
	ScopesSupported    []string `json:"scopes_supported"`
	SubjectTypes       []string `json:"subject_types_supported"`
	ClientAuthSupports []string `json:"token_endpoint_auth_methods_supported"`
}

func newDocuments(issuer string, keys []*signingKey) (documents, error) {
	var set struct {
		Keys []publicKey `json:"keys"`
	}
	set.Keys = []publicKey{}
	for _, k := range keys {
		public := k.key.RSA()
		set.Keys = append(set.Keys, publicKey{
			Algorithm: "RS256",
			Exponent:  base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
			KeyID:     k.ID,
			Type:      "RSA",
			Modulus:   base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
			Use:       "sig",
		})
	}
	keySet, err := json.Marshal(set)
	if err != nil {
		return documents{}, err
	}
	about, err := json.Marshal(discovery{
		ClaimsSupported:    []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "token_use", "email", "email_verified", "phone_number", "phone_number_verified"},
		SigningAlgorithms:  []string{"RS256"},
		Issuer:             issuer,
		KeySetURL:          issuer + wellKnown + "jwks.json",
		ResponseTypes:      []string{"code", "token"},
		ScopesSupported:    []string{"openid", "email", "phone", "profile"},
		SubjectTypes:       []string{"public"},
		ClientAuthSupports: []string{"client_secret_basic", "client_secret_post"},
	})
	return documents{keySet: keySet, discovery: about}, err
}

const (
	wellKnown = "/.well-known/"
	// publicFor is how long others may keep the documents, in seconds: a new key is
	// published that long before it signs.
	publicFor = 300
)

// ServeWellKnown answers /{poolId}/.well-known/jwks.json and
// /{poolId}/.well-known/openid-configuration, for pages of every origin.
// Anything else is 404 with a JSON body.
func (s *Service) ServeWellKnown(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		answer(w, r, http.StatusMethodNotAllowed, []byte(`{"message":"Method not allowed"}`))
		return
	}
	poolID, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), wellKnown)
	pool := s.current.Load().pools[poolID]
	switch {
	case pool == nil:
		answer(w, r, http.StatusNotFound, []byte(`{"message":"User pool does not exist"}`))
	case name == "jwks.json":
		header.Set("Cache-Control", "public, max-age="+strconv.Itoa(publicFor))
		answer(w, r, http.StatusOK, pool.documents.keySet)
	case name == "openid-configuration":
		header.Set("Cache-Control", "public, max-age="+strconv.Itoa(publicFor))
		answer(w, r, http.StatusOK, pool.documents.discovery)
	default:
		answer(w, r, http.StatusNotFound, []byte(`{"message":"Not found"}`))
	}
}

func answer(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// A client that went away is no error of ours.
		_, _ = w.Write(body)
	}
}
