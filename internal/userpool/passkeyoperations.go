package userpool

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/passkey"
)

func (s *Service) passkeyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("StartWebAuthnRegistration", awsapi.Public, s.StartWebAuthnRegistration, awsapi.Require("AccessToken")),
		awsapi.Op("CompleteWebAuthnRegistration", awsapi.Public, s.CompleteWebAuthnRegistration, awsapi.Require("AccessToken", "Credential")),
		awsapi.Op("ListWebAuthnCredentials", awsapi.Public, s.ListWebAuthnCredentials, awsapi.Require("AccessToken")),
		awsapi.Op("DeleteWebAuthnCredential", awsapi.Public, s.DeleteWebAuthnCredential, awsapi.Require("AccessToken", "CredentialId")),
	}
}

const passkeyChallengeBytes = 32

// StartWebAuthnRegistration tells the bearer's browser what key to have made. A
// user has one registration under way; another takes its place.
func (s *Service) StartWebAuthnRegistration(ctx context.Context, call *access.Call, in *idp.StartWebAuthnRegistrationInput) (*idp.StartWebAuthnRegistrationOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if err := who.pool.mayRegister(); err != nil {
		return nil, s.refused(call, "passkey", err)
	}
	kept, err := passkeysOf(ctx, s.db, who.pool.ID, who.user.Sub)
	if err != nil {
		return nil, err
	}
	if len(kept) >= maxPasskeys {
		return nil, s.refused(call, "passkey", tooLarge(textTooManyPasskeys))
	}
	challenge := make([]byte, passkeyChallengeBytes)
	if _, err := io.ReadFull(s.random, challenge); err != nil {
		return nil, err
	}
	c := &Code{
		ID: s.codeID(who.pool.ID, who.user.Sub, codePasskey, ""), PoolID: who.pool.ID, Sub: who.user.Sub, ClientID: who.client.ID,
		Purpose: codePasskey, Issued: call.Time, Expires: call.Time.Add(passkey.Patience).UnixMilli(),
	}
	c.Hash = s.codeHash(c.ID, passkey.Text(challenge))
	if err := s.writePool(ctx, who.pool.ID, func(tx *store.Tx, _ *Pool) error { return keepCode(ctx, tx, c) }); err != nil {
		return nil, err
	}
	user := passkey.User{Handle: []byte(who.user.Sub), Name: who.pool.knownName(who.user)}
	options := who.pool.relyingParty().CreationOptions(user, challenge, keysOf(kept, who.pool.Passkeys.RelyingParty))
	return &idp.StartWebAuthnRegistrationOutput{CredentialCreationOptions: document.NewLazyDocument(options)}, nil
}

// mayRegister refuses passkeys where the pool has none to offer.
func (p *Pool) mayRegister() error {
	if !p.allowsFirst(types.AuthFactorTypeWebAuthn) {
		text := textPasskeysOff
		return &types.WebAuthnNotEnabledException{Message: &text}
	}
	if p.Passkeys.RelyingParty == "" {
		text := textNoRelyingParty
		return &types.WebAuthnConfigurationMissingException{Message: &text}
	}
	return nil
}

// CompleteWebAuthnRegistration keeps the key that the bearer's browser had made.
// The challenge works once, for the client that it was started by.
func (s *Service) CompleteWebAuthnRegistration(ctx context.Context, call *access.Call, in *idp.CompleteWebAuthnRegistrationInput) (*idp.CompleteWebAuthnRegistrationOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if err := s.register(ctx, call, who, in.Credential); err != nil {
		return nil, s.refused(call, "passkey", err)
	}
	call.Record.Note("passkey", audit.Passed, "registered by user "+who.user.Sub, call.Time)
	return &idp.CompleteWebAuthnRegistrationOutput{}, nil
}

func (s *Service) register(ctx context.Context, call *access.Call, who *session, credential document.Interface) error {
	if !who.pool.allowsFirst(types.AuthFactorTypeWebAuthn) {
		return who.pool.mayRegister()
	}
	text, err := credential.MarshalSmithyDocument()
	if err != nil {
		return invalid(textBadCredential)
	}
	answer, err := passkey.ReadRegistration(text)
	if err != nil {
		return invalid(textBadCredential)
	}
	begun, challenge, err := s.begunRegistration(ctx, call, who, answer)
	if err != nil {
		return err
	}
	key, err := who.pool.relyingParty().Register(answer, challenge)
	if err != nil {
		return refusedRegistration(err)
	}
	return s.writePool(ctx, who.pool.ID, func(tx *store.Tx, p *Pool) error {
		if err := useCode(ctx, tx, begun); err != nil {
			return noRegistration()
		}
		u, err := userTable.Get(ctx, tx, p.ID, who.user.NameKey)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return noUser()
		case err != nil:
			return err
		case u.Sub != who.user.Sub || !u.Enabled || u.Epoch != who.user.Epoch:
			return notAuthorized(textAccessRevoked) // since the token was looked at
		case p.Passkeys.RelyingParty != who.pool.Passkeys.RelyingParty:
			return refusedRegistration(passkey.ErrRelyingParty)
		}
		n, err := passkeyTable.Count(ctx, tx, ofUser, p.ID, u.Sub)
		if err != nil {
			return err
		}
		return addPasskey(ctx, tx, &Passkey{
			PoolID: p.ID, ID: passkey.Text(key.ID), Sub: u.Sub, RelyingParty: p.Passkeys.RelyingParty,
			Name: fmt.Sprintf("Passkey %d", n+1), Created: call.Time, Key: *key,
		})
	})
}

// begunRegistration finds the registration that an answer belongs to.
func (s *Service) begunRegistration(ctx context.Context, call *access.Call, who *session, answer *passkey.Registration) (*Code, []byte, error) {
	begun, err := codeTable.Get(ctx, s.db, s.codeID(who.pool.ID, who.user.Sub, codePasskey, ""))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, noRegistration()
	case err != nil:
		return nil, nil, err
	case call.Time.UnixMilli() >= begun.Expires:
		return nil, nil, noRegistration()
	case begun.ClientID != who.client.ID:
		text := textOtherClient
		return nil, nil, &types.WebAuthnClientMismatchException{Message: &text}
	}
	challenge, err := answer.Challenge()
	if err != nil || subtle.ConstantTimeCompare([]byte(begun.Hash), []byte(s.codeHash(begun.ID, passkey.Text(challenge)))) != 1 {
		return nil, nil, noRegistration()
	}
	return begun, challenge, nil
}

// keysOf are the keys that were made for the relying party.
func keysOf(kept []*Passkey, relyingParty string) (keys []*passkey.Credential) {
	for _, k := range kept {
		if k.RelyingParty == relyingParty {
			keys = append(keys, &k.Key)
		}
	}
	return keys
}

// ListWebAuthnCredentials pages through the bearer's passkeys.
func (s *Service) ListWebAuthnCredentials(ctx context.Context, call *access.Call, in *idp.ListWebAuthnCredentialsInput) (*idp.ListWebAuthnCredentialsOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if n := deref(in.MaxResults); n < 0 || n > maxPasskeys {
		return nil, invalid("MaxResults must be between 0 and 20.")
	}
	page, err := s.openPage("ListWebAuthnCredentials", who.pool.ID+"/"+who.user.Sub, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := passkeyTable.List(ctx, s.db, passkeysAfter, who.pool.ID, who.user.Sub, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(k *Passkey) string { return k.ID })
	out := &idp.ListWebAuthnCredentialsOutput{Credentials: []types.WebAuthnCredentialDescription{}, NextToken: next}
	for _, k := range rows {
		out.Credentials = append(out.Credentials, types.WebAuthnCredentialDescription{
			AuthenticatorTransports: append([]string{}, k.Key.Transports...), AuthenticatorAttachment: optional(k.Key.Attachment),
			CreatedAt: &k.Created, CredentialId: &k.ID, FriendlyCredentialName: &k.Name, RelyingPartyId: &k.RelyingParty,
		})
	}
	return out, nil
}

// DeleteWebAuthnCredential forgets one of the bearer's passkeys.
func (s *Service) DeleteWebAuthnCredential(ctx context.Context, call *access.Call, in *idp.DeleteWebAuthnCredentialInput) (*idp.DeleteWebAuthnCredentialOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		k, err := passkeyTable.Get(ctx, tx, who.pool.ID, deref(in.CredentialId))
		if err == nil && k.Sub != who.user.Sub {
			err = store.ErrNotFound
		}
		if err == nil {
			err = passkeyTable.Delete(ctx, tx, k.PoolID, k.ID)
		}
		if errors.Is(err, store.ErrNotFound) {
			return noResource(textNoPasskey)
		}
		return err
	})
	if err != nil {
		return nil, s.refused(call, "passkey", err)
	}
	call.Record.Note("passkey", audit.Passed, "deleted by user "+who.user.Sub, call.Time)
	return &idp.DeleteWebAuthnCredentialOutput{}, nil
}
