package userpool_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// authenticator is a browser with a security key, and what it would take for
// somebody to make either lie.
type authenticator struct {
	t       testing.TB
	origin  string // of the page
	rpID    string // "" for the one that was asked for
	id      []byte
	signer  crypto.Signer
	handle  []byte
	counter uint32
	flags   byte
	kind    string // of the ceremony; "" for the right one
	cross   bool   // the page is in another one's frame
}

const (
	userPresent  = 0x01
	userVerified = 0x04
	syncable     = 0x08
	synced       = 0x10
	attested     = 0x40
)

func newAuthenticator(t testing.TB, origin string) *authenticator {
	a := &authenticator{t: t, origin: origin, id: make([]byte, 32), flags: userPresent | userVerified}
	rand.Read(a.id)
	a.signer = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	return a
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

func (a *authenticator) clientData(kind string, challenge any) []byte {
	if a.kind != "" {
		kind = a.kind
	}
	return must(json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": a.cross}))(a.t)
}

func (a *authenticator) data(rpID string, more byte) []byte {
	if a.rpID != "" {
		rpID = a.rpID
	}
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], a.flags|more), a.counter)
}

// cose is the public key.
func (a *authenticator) cose() []byte {
	switch key := a.signer.Public().(type) {
	case *ecdsa.PublicKey:
		point := must(key.Bytes())(a.t)
		x, y := point[1:33], point[33:]
		if key.Curve == elliptic.P256() {
			return must(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y}))(a.t)
		}
	case *rsa.PublicKey:
		return must(cbor.Marshal(map[int]any{1: 3, 3: -257, -1: key.N.Bytes(), -2: []byte{1, 0, 1}}))(a.t)
	}
	key := make([]byte, 32)
	return must(cbor.Marshal(map[int]any{1: 1, 3: -8, -1: 6, -2: key}))(a.t) // EdDSA, which was not asked for
}

// create answers CreationOptions with RegistrationResponseJSON.
func (a *authenticator) create(options map[string]any) map[string]any {
	rp, user := options["rp"].(map[string]any), options["user"].(map[string]any)
	a.handle = must(base64.RawURLEncoding.DecodeString(user["id"].(string)))(a.t)
	data := a.data(rp["id"].(string), attested)
	data = append(data, make([]byte, 16)...) // no make
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), a.cose()...)
	object := must(cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}))(a.t)
	return map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "authenticatorAttachment": "cross-platform", "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": b64(a.clientData("webauthn.create", options["challenge"])), "attestationObject": b64(object), "transports": []any{"usb", "nfc", "telepathy"},
		},
	}
}

// get answers RequestOptions with AuthenticationResponseJSON.
func (a *authenticator) get(options string) string {
	var asked map[string]any
	if err := json.Unmarshal([]byte(options), &asked); err != nil {
		a.t.Fatal(err)
	}
	a.counter++
	data, client := a.data(asked["rpId"].(string), 0), a.clientData("webauthn.get", asked["challenge"])
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature := must(a.signer.Sign(rand.Reader, signed[:], crypto.SHA256))(a.t)
	return a.credential(data, client, signature)
}

func (a *authenticator) credential(data, client, signature []byte) string {
	return string(must(json.Marshal(map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.handle)},
	}))(a.t))
}
