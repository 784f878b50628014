package passkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// maxAnswer bounds an answer's JSON, attestation certificates and all, in bytes.
const maxAnswer = 64 << 10

// Credential is what is kept of a key. The private part never leaves the
// authenticator.
type Credential struct {
	ID         []byte
	PublicKey  []byte // COSE
	Counter    uint32 // of signatures; most passkeys have none and stay at 0
	Syncable   bool   // may be copied to the person's other devices, which never changes
	Transports []string
	Attachment string // platform, cross-platform, or "" if the browser did not say
}

// Registration is an answer to CreationOptions, read but not yet believed.
type Registration struct {
	parsed *protocol.ParsedCredentialCreationData
}

// Assertion is an answer to RequestOptions, read but not yet believed.
type Assertion struct {
	parsed *protocol.ParsedCredentialAssertionData
}

// ReadRegistration reads RegistrationResponseJSON. The only error is ErrMalformed.
func ReadRegistration(text []byte) (*Registration, error) {
	if len(text) > maxAnswer {
		return nil, ErrMalformed
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(text)
	if err != nil || len(parsed.Response.AttestationObject.AuthData.AttData.CredentialID) == 0 {
		return nil, ErrMalformed
	}
	return &Registration{parsed}, nil
}

// ReadAssertion reads AuthenticationResponseJSON. The only error is ErrMalformed.
func ReadAssertion(text []byte) (*Assertion, error) {
	if len(text) > maxAnswer {
		return nil, ErrMalformed
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(text)
	if err != nil {
		return nil, ErrMalformed
	}
	return &Assertion{parsed}, nil
}

// Challenge is the question that the answer says it is to.
func (r *Registration) Challenge() ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(r.parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return nil, ErrMalformed
	}
	return b, nil
}

// CredentialID names the key that the answer says it is signed by.
func (a *Assertion) CredentialID() []byte { return a.parsed.RawID }

// UserHandle is whom the authenticator made the key for; empty if it did not say.
func (a *Assertion) UserHandle() []byte { return a.parsed.Response.UserHandle }

// Register returns the new key if the answer is to the challenge, from a page of
// the relying party, by an authenticator that made a key of a kind we take while
// the person was there. Whose make the authenticator is was not asked for, and
// is believed of none.
func (rp RelyingParty) Register(r *Registration, challenge []byte) (*Credential, error) {
	client, data := &r.parsed.Response.CollectedClientData, &r.parsed.Response.AttestationObject.AuthData
	if err := rp.check(client, protocol.CreateCeremony, challenge, data); err != nil {
		return nil, err
	}
	var kind webauthncose.PublicKeyData
	if err := webauthncbor.Unmarshal(data.AttData.CredentialPublicKey, &kind); err != nil || !taken(kind.Algorithm) {
		return nil, ErrUnsupported
	}
	if _, err := webauthncose.ParsePublicKey(data.AttData.CredentialPublicKey); err != nil {
		return nil, ErrUnsupported
	}
	_, err := r.parsed.Verify(Text(challenge), rp.ID, []string{client.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, rp.VerifyUser, true, nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, ErrUnsupported
	}
	c := &Credential{
		ID: slices.Clone(data.AttData.CredentialID), PublicKey: slices.Clone(data.AttData.CredentialPublicKey),
		Counter: data.Counter, Syncable: data.Flags.HasBackupEligible(), Attachment: string(r.parsed.AuthenticatorAttachment),
	}
	for _, t := range r.parsed.Response.Transports {
		if known(t) && !slices.Contains(c.Transports, string(t)) {
			c.Transports = append(c.Transports, string(t))
		}
	}
	return c, nil
}

// Proof is what a signature proved.
type Proof struct {
	UserVerified bool // by the authenticator: a finger, a face, a PIN
	Counter      uint32
}

// Prove checks that the answer to the challenge was signed with the key, on a page
// of the relying party, while the person was there.
func (rp RelyingParty) Prove(a *Assertion, challenge []byte, c *Credential) (Proof, error) {
	client, data := &a.parsed.Response.CollectedClientData, &a.parsed.Response.AuthenticatorData
	if !bytes.Equal(a.parsed.RawID, c.ID) {
		return Proof{}, ErrWrong
	}
	if err := rp.check(client, protocol.AssertCeremony, challenge, data); err != nil {
		return Proof{}, err
	}
	if data.Flags.HasBackupEligible() != c.Syncable {
		return Proof{}, ErrWrong
	}
	err := a.parsed.Verify(Text(challenge), rp.ID, "", []string{client.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, rp.VerifyUser, true, c.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return Proof{}, ErrWrong
	}
	return Proof{UserVerified: data.Flags.UserVerified(), Counter: data.Counter}, nil
}

// Count moves the key's counter to that of a proof. Counters that are used at all
// only go up: one that stands still or goes back was signed by a copy, or before.
func (c *Credential) Count(p Proof) error {
	if (p.Counter != 0 || c.Counter != 0) && p.Counter <= c.Counter {
		return ErrRolledBack
	}
	c.Counter = p.Counter
	return nil
}

// check is what both kinds of answer have in common, each failure with its name.
func (rp RelyingParty) check(client *protocol.CollectedClientData, kind protocol.CeremonyType, challenge []byte, data *protocol.AuthenticatorData) error {
	hash := sha256.Sum256([]byte(rp.ID))
	switch {
	case client.Type != kind, client.Challenge != Text(challenge):
		return ErrWrong
	case client.CrossOrigin, client.TopOrigin != "", !rp.allows(client.Origin):
		return ErrOrigin
	case !bytes.Equal(data.RPIDHash, hash[:]):
		return ErrRelyingParty
	case !data.Flags.UserPresent(), rp.VerifyUser && !data.Flags.UserVerified():
		return ErrUnverified
	case data.Flags.HasBackupState() && !data.Flags.HasBackupEligible():
		return ErrWrong
	}
	return nil
}

func taken(algorithm int64) bool {
	return slices.ContainsFunc(algorithms, func(p protocol.CredentialParameter) bool { return int64(p.Algorithm) == algorithm })
}

// known says whether t is a way to an authenticator. Texts of others are not kept.
func known(t protocol.AuthenticatorTransport) bool {
	switch t {
	case protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal:
		return true
	}
	return false
}
