package userpool

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// ClientSecret is one of the secrets that prove a client. Two at most live at
// the same time, so that programs can be moved from one to the next.
type ClientSecret struct {
	ID      string // {client id}--{Unix milliseconds}
	Created time.Time
	Sealed  []byte // for the client's id
}

const (
	maxSecrets   = 2
	secretLength = 51 // 264 bits
)

func (s *Service) clientSecretOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onPool(s, "AddUserPoolClientSecret", s.AddUserPoolClientSecret, func(in *idp.AddUserPoolClientSecretInput) *string { return in.UserPoolId }, "ClientId"),
		onPool(s, "ListUserPoolClientSecrets", s.ListUserPoolClientSecrets, func(in *idp.ListUserPoolClientSecretsInput) *string { return in.UserPoolId }, "ClientId"),
		onPool(s, "DeleteUserPoolClientSecret", s.DeleteUserPoolClientSecret, func(in *idp.DeleteUserPoolClientSecretInput) *string { return in.UserPoolId }, "ClientId", "ClientSecretId"),
	}
}

// allSecrets are the client's secrets, the oldest first.
func (c *Client) allSecrets() []ClientSecret {
	if len(c.Secret) == 0 {
		return c.Secrets
	}
	first := ClientSecret{ID: secretID(c.ID, c.Created), Created: c.Created, Sealed: c.Secret}
	return append([]ClientSecret{first}, c.Secrets...)
}

func (c *Client) confidential() bool { return len(c.Secret) > 0 || len(c.Secrets) > 0 }

func secretID(clientID string, made time.Time) string {
	return clientID + "--" + strconv.FormatInt(made.UnixMilli(), 10)
}

// addSecret seals one more secret for the client.
func (s *Service) addSecret(c *Client, secret string, now time.Time) (ClientSecret, error) {
	sealed, err := s.keys.Seal(keyring.ClientSecrets, c.ID, []byte(secret))
	made := ClientSecret{ID: secretID(c.ID, now), Created: now, Sealed: sealed}
	c.Secret, c.Secrets = nil, append(slices.Clip(c.allSecrets()), made)
	return made, err
}

// openSecrets are the client's secrets in the order of allSecrets.
func (s *Service) openSecrets(c *Client) ([]keyring.Secret, error) {
	var opened []keyring.Secret
	for _, sealed := range c.allSecrets() {
		plain, err := s.keys.Open(keyring.ClientSecrets, c.ID, sealed.Sealed)
		if err != nil {
			return nil, fmt.Errorf("secret of user pool client %s: %w", c.ID, err)
		}
		opened = append(opened, keyring.NewSecret(string(plain)))
	}
	return opened, nil
}

// newestSecret is what DescribeUserPoolClient shows: the one to use from now on.
func (c *clientState) newestSecret() string {
	if len(c.secrets) == 0 {
		return ""
	}
	return c.secrets[len(c.secrets)-1].Reveal()
}

// checkSecretHash compares SECRET_HASH with base64(HMAC-SHA256(secret, name + client id))
// for each living secret and each name that the caller may mean, in constant time.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (c *clientState) checkSecretHash(given string, names ...string) error {
	switch {
	case !c.confidential() && given == "":
		return nil
	case !c.confidential():
		return notAuthorized(textHashWrong(c.ID))
	case given == "":
		return notAuthorized(textHashMissing(c.ID))
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(given)
	if err != nil {
		return notAuthorized(textHashWrong(c.ID))
	}
	matched := 0
	for _, secret := range c.secrets {
		for _, name := range names {
			mac := hmac.New(sha256.New, []byte(secret.Reveal()))
			mac.Write([]byte(name + c.ID))
			matched |= subtle.ConstantTimeCompare(mac.Sum(nil), sum)
		}
	}
	if matched != 1 {
		return notAuthorized(textHashWrong(c.ID))
	}
	return nil
}

// checkSecret compares a client secret itself, as RevokeToken takes it, with
// each living one. A client without a secret must be shown none.
func (c *clientState) checkSecret(given string) bool {
	if !c.confidential() {
		return given == ""
	}
	got, matched := sha256.Sum256([]byte(given)), 0
	for _, secret := range c.secrets {
		want := sha256.Sum256([]byte(secret.Reveal()))
		matched |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	return matched == 1
}

// AddUserPoolClientSecret adds a second secret to a client: one that is given,
// or a new one, which no other answer but this and DescribeUserPoolClient shows.
func (s *Service) AddUserPoolClientSecret(ctx context.Context, call *access.Call, in *idp.AddUserPoolClientSecretInput) (*idp.AddUserPoolClientSecretOutput, error) {
	known, err := s.clientOf(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	secret := deref(in.ClientSecret)
	if in.ClientSecret == nil {
		if secret, err = randomText(s.random, lowerAlphanumeric, secretLength); err != nil {
			return nil, err
		}
	} else if !secretPattern.MatchString(secret) {
		return nil, invalid(textSecretForm)
	}
	var made ClientSecret
	_, err = clientTable.Update(ctx, s.db, func(c *Client) error {
		switch {
		case !c.confidential():
			return invalid(textPublicClient)
		case len(c.allSecrets()) >= maxSecrets:
			return tooLarge(textTwoSecrets)
		}
		living, err := s.openSecrets(c)
		if err != nil {
			return err
		}
		// Were one secret there twice, deleting it once would not end it.
		if slices.ContainsFunc(living, func(k keyring.Secret) bool { return k.Reveal() == secret }) {
			return invalid(textSecretTwice)
		}
		now := call.Time
		if last := c.allSecrets()[0].Created; !now.Truncate(time.Millisecond).After(last) {
			now = last.Add(time.Millisecond) // ids are times
		}
		c.Modified = call.Time
		made, err = s.addSecret(c, secret, now)
		return err
	}, known.ID)
	if err != nil {
		return nil, unlessNoClient(err, known.ID)
	}
	out := made.shape()
	if in.ClientSecret == nil {
		out.ClientSecretValue = &secret
	}
	return &idp.AddUserPoolClientSecretOutput{ClientSecretDescriptor: &out}, nil
}

func (k ClientSecret) shape() types.ClientSecretDescriptorType {
	return types.ClientSecretDescriptorType{ClientSecretId: &k.ID, ClientSecretCreateDate: &k.Created}
}

// ListUserPoolClientSecrets shows when a client's secrets were made, not what they are.
func (s *Service) ListUserPoolClientSecrets(_ context.Context, call *access.Call, in *idp.ListUserPoolClientSecretsInput) (*idp.ListUserPoolClientSecretsOutput, error) {
	c, err := s.clientOf(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if in.NextToken != nil { // one answer has them all
		return nil, invalid(textBadPage)
	}
	out := &idp.ListUserPoolClientSecretsOutput{ClientSecrets: []types.ClientSecretDescriptorType{}}
	for _, k := range c.allSecrets() {
		out.ClientSecrets = append(out.ClientSecrets, k.shape())
	}
	return out, nil
}

// DeleteUserPoolClientSecret ends a secret: on this node when it returns, on
// others within a second. The last one stays, or anybody could be the client.
func (s *Service) DeleteUserPoolClientSecret(ctx context.Context, call *access.Call, in *idp.DeleteUserPoolClientSecretInput) (*idp.DeleteUserPoolClientSecretOutput, error) {
	known, err := s.clientOf(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	_, err = clientTable.Update(ctx, s.db, func(c *Client) error {
		all := c.allSecrets()
		i := slices.IndexFunc(all, func(k ClientSecret) bool { return k.ID == deref(in.ClientSecretId) })
		switch {
		case i < 0:
			return noResource(textNoSecret)
		case len(all) == 1:
			return invalid(textLastSecret)
		}
		c.Modified = call.Time
		c.Secret, c.Secrets = nil, slices.Delete(slices.Clone(all), i, i+1)
		return nil
	}, known.ID)
	if err != nil {
		return nil, unlessNoClient(err, known.ID)
	}
	return &idp.DeleteUserPoolClientSecretOutput{}, nil
}

// clientOf finds a client of a pool of the call's region.
func (s *Service) clientOf(call *access.Call, poolID, clientID *string) (*clientState, error) {
	p, err := s.pool(call, poolID)
	if err != nil {
		return nil, err
	}
	return s.client(p, clientID)
}

func unlessNoClient(err error, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return noClient(id)
	}
	return err
}
