package userpool

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/passkey"
)

// WEB_AUTHN: the browser signs a challenge that is made of the session, so nothing
// is kept for it: the session works once, and so does the signature.
func (s *Service) passkeyChallenge(session string) []byte {
	return s.keys.MAC(keyring.Tokens, "passkey-challenge", session)
}

// hasPasskeys says whether there is one to sign in with. For nobody it asks the same.
func (s *Service) hasPasskeys(ctx context.Context, p *Pool, sub string) (bool, error) {
	if !p.takesPasskeys() {
		return false, nil
	}
	kept, err := passkeysOf(ctx, s.db, p.ID, sub)
	return len(keysOf(kept, p.Passkeys.RelyingParty)) > 0, err
}

// passkeyQuestion is what the browser needs. A client that hides its users is told
// of no keys: the browser finds them by the relying party.
func (s *Service) passkeyQuestion(ctx context.Context, a attempt, n *named, session string) (map[string]string, error) {
	kept, err := passkeysOf(ctx, s.db, a.pool.ID, n.sub)
	if err != nil {
		return nil, err
	}
	if a.client.HideUsers {
		kept = nil
	}
	rp := a.pool.relyingParty()
	options, err := json.Marshal(rp.RequestOptions(s.passkeyChallenge(session), keysOf(kept, rp.ID)))
	if err != nil {
		return nil, err
	}
	return map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(options)}, nil
}

// answerPasskey takes WEB_AUTHN. What is wrong is counted like a wrong password.
func (s *Service) answerPasskey(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	switch {
	case !a.pool.takesPasskeys(): // since the question
		return nil, notAuthorized(textSessionInvalid)
	case a.parameters["CREDENTIAL"] == "":
		return nil, invalid(textMissing("CREDENTIAL"))
	}
	answer, err := passkey.ReadAssertion([]byte(a.parameters["CREDENTIAL"]))
	if err != nil {
		return nil, invalid(textBadCredential)
	}
	key, err := s.countedAs(a.pool.Pool, r.user, r.username)
	if err != nil {
		return nil, err
	}
	var kept *Passkey
	var proof passkey.Proof
	u, err := s.guess(ctx, call, a, r.user, key, func() (bool, error) {
		kept, err = passkeyTable.Get(ctx, s.db, a.pool.ID, passkey.Text(answer.CredentialID()))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return false, nil
		case err != nil:
			return false, err
		case r.user == nil || !kept.worksFor(a.pool.Pool, r.user, answer):
			return false, nil
		}
		proof, err = a.pool.relyingParty().Prove(answer, s.passkeyChallenge(r.session), &kept.Key)
		return err == nil && kept.Key.Count(proof) == nil, nil
	})
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := useChallenge(ctx, tx, r.challenge); err != nil {
			return err
		}
		_, err := passkeyTable.Update(ctx, tx, func(k *Passkey) error {
			if k.Sub != u.Sub || k.Key.Count(proof) != nil { // a copy was faster
				return notAuthorized(textWrongPassword)
			}
			return nil
		}, kept.PoolID, kept.ID)
		if errors.Is(err, store.ErrNotFound) {
			return notAuthorized(textWrongPassword)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("passkey", audit.Passed, "user "+u.Sub, call.Time)
	a.progress.First = types.AuthFactorTypeWebAuthn
	if a.pool.Passkeys.MultiFactor && u.Second.Passkey && proof.UserVerified {
		a.progress.Second = FactorPasskey
	}
	return s.next(ctx, call, a, u)
}

// worksFor says whether the passkey is the user's, as their authenticator knows
// them, and made for the relying party that the pool has now.
func (k *Passkey) worksFor(p *Pool, u *User, answer *passkey.Assertion) bool {
	handle := string(answer.UserHandle())
	return k.Sub == u.Sub && k.RelyingParty == p.Passkeys.RelyingParty && (handle == "" || handle == u.Sub)
}
