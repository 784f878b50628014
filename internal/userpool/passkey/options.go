package passkey

import (
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Patience is how long a browser waits for a person and their authenticator.
const Patience = 3 * time.Minute

// algorithms are those whose keys are taken, as AWS takes them.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// User is whom a key is made for. Authenticators keep Handle and show Name.
type User struct {
	Handle []byte // tells nothing of the person
	Name   string
}

// CreationOptions is PublicKeyCredentialCreationOptionsJSON: what a browser needs
// to have a key made. Keys must be discoverable, so that a sign-in need not name
// them to strangers. Of authenticators that hold one of the others already, none
// makes another.
func (rp RelyingParty) CreationOptions(u User, challenge []byte, others []*Credential) map[string]any {
	kinds := make([]any, 0, len(algorithms))
	for _, a := range algorithms {
		kinds = append(kinds, map[string]any{"type": string(a.Type), "alg": int64(a.Algorithm)})
	}
	return map[string]any{
		"challenge":          Text(challenge),
		"rp":                 map[string]any{"id": rp.ID, "name": rp.ID},
		"user":               map[string]any{"id": Text(u.Handle), "name": u.Name, "displayName": u.Name},
		"pubKeyCredParams":   kinds,
		"timeout":            Patience.Milliseconds(),
		"excludeCredentials": descriptors(others),
		"authenticatorSelection": map[string]any{
			"residentKey": "required", "requireResidentKey": true, "userVerification": rp.verification(),
		},
	}
}

// RequestOptions is PublicKeyCredentialRequestOptionsJSON: what a browser needs to
// have a challenge signed, by one of the keys or, if none is named, by any that
// the person has for the relying party.
func (rp RelyingParty) RequestOptions(challenge []byte, keys []*Credential) map[string]any {
	return map[string]any{
		"challenge":        Text(challenge),
		"rpId":             rp.ID,
		"timeout":          Patience.Milliseconds(),
		"allowCredentials": descriptors(keys),
		"userVerification": rp.verification(),
	}
}

func (rp RelyingParty) verification() string {
	if rp.VerifyUser {
		return "required"
	}
	return "preferred"
}

func descriptors(keys []*Credential) []any {
	list := make([]any, 0, len(keys))
	for _, k := range keys {
		one := map[string]any{"type": "public-key", "id": Text(k.ID)}
		if len(k.Transports) > 0 {
			transports := make([]any, 0, len(k.Transports))
			for _, t := range k.Transports {
				transports = append(transports, t)
			}
			one["transports"] = transports
		}
		list = append(list, one)
	}
	return list
}

// Text is how WebAuthn writes bytes in JSON: base64url without padding.
func Text(b []byte) string { return protocol.URLEncodedBase64(b).String() }
