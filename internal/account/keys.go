package account

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
)

// Key implements awsapi.Keys. A long-term key has no session token: one that
// comes with a token is not the key that it says it is. A temporary one is
// nothing without its token.
func (s *Service) Key(_ context.Context, accessKeyID, sessionToken string) (string, access.Caller, error) {
	if sessionToken != "" {
		return s.sessionKey(accessKeyID, sessionToken)
	}
	if s.given.AccessKeyID != "" && accessKeyID == s.given.AccessKeyID {
		return s.given.SecretAccessKey.Reveal(), s.root(accessKeyID), nil
	}
	now := s.current.Load()
	key := now.keys[accessKeyID]
	if key == nil {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	if key.owner == ownerRoot {
		return key.secret.Reveal(), s.root(accessKeyID), nil
	}
	e := now.entities[key.owner]
	if e == nil || e.Kind != user {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	secret := key.secret.Reveal()
	if key.sealed != nil {
		plain, err := s.keyring.Open(keyring.AccessKeys, accessKeyID, key.sealed)
		if err != nil {
			return "", access.Caller{}, awsapi.ErrUnknownKey
		}
		secret = string(plain)
	}
	return secret, access.Caller{Kind: access.User, Account: s.account, ARN: e.arn(s.account), ID: e.ID, AccessKeyID: accessKeyID}, nil
}
