package kms

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/access"
)

// ErrUnusable: the key is not there, disabled or pending deletion. The text of
// the error says which, for the operator.
var ErrUnusable = errors.New("kms: the key cannot be used")

// MayGrant reports whether the caller may let a service of AWS use a key in
// their name, as kms:CreateGrant would at AWS. The service is known to policies
// as kms:ViaService ("cognito-idp"). An error is a NotFoundException or one of
// the key's state, after permission was given.
func (s *Service) MayGrant(ctx context.Context, call *access.Call, keyARN, service string) error {
	said := access.Keys{}
	said.One("kms:viaservice", service+"."+call.Region+".amazonaws.com")
	said.One("kms:grantisforawsresource", "true")
	said.List("kms:grantoperations", []string{"Encrypt", "GenerateDataKey"})
	if err := s.permitted(ctx, call, "kms:CreateGrant", keyARN, said); err != nil {
		return err
	}
	k, err := s.key(call, s.find(call, keyARN), false)
	if err != nil {
		return err
	}
	if state := k.state(); state != types.KeyStateEnabled {
		return wrongState(s.keyARN(k.Region, k.ID), state)
	}
	return nil
}

// DataKey is GenerateDataKey for a service that was let use the key: the setting
// by which it was is the grant, so no policy is asked again. A key that is
// disabled or going is ErrUnusable. size is in bytes.
func (s *Service) DataKey(call *access.Call, keyARN string, size int, context map[string]string) (plain, blob []byte, err error) {
	k, err := s.usable(call, s.find(call, keyARN), use{context: context})
	if err != nil {
		return nil, nil, errors.Join(ErrUnusable, err)
	}
	return s.dataKey(k, size, context)
}
