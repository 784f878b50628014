package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	longestOwn     = 129600 // seconds: GetSessionToken and GetFederationToken of a user
	longestOfRoot  = 3600
	ordinaryOfUser = 43200
)

// ownDuration is how long credentials that somebody asks for themselves live.
// Root's are cut to an hour.
func ownDuration(call *access.Call, asked *int32) (int32, error) {
	if err := checkDuration(asked, longestOwn); err != nil {
		return 0, err
	}
	seconds := int32(ordinaryOfUser)
	if asked != nil {
		seconds = *asked
	}
	if call.Caller.Kind == access.Root {
		seconds = min(seconds, longestOfRoot)
	}
	return seconds, nil
}

// longTerm refuses whoever calls with anything but a long-term key.
func longTerm(call *access.Call, operation string) error {
	if call.Caller.Session != nil || call.Caller.Kind != access.Root && call.Caller.Kind != access.User {
		return accessDenied("Cannot call %s with session credentials", operation)
	}
	return nil
}

// GetSessionToken gives a user, or root, temporary credentials of their own.
// It needs no permission; a policy can only deny it.
func (s *Service) GetSessionToken(ctx context.Context, call *access.Call, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	s.used(ctx, call, "sts")
	if err := longTerm(call, "GetSessionToken"); err != nil {
		return nil, err
	}
	if err := checkMFA(in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	seconds, err := ownDuration(call, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	if v := s.Decide(call, "sts:GetSessionToken", "*", policy.Attached{}); v.Explicit {
		return nil, accessDenied("User: %s is not authorized to perform: sts:GetSessionToken%s", call.Caller.ARN, v.Cause)
	}
	claims := session{Kind: ofUser, Owner: call.Caller.ID}
	if call.Caller.Kind == access.Root {
		claims = session{Kind: ofRoot, Owner: call.Caller.AccessKeyID}
	}
	credentials, err := s.credentials(claims, call.Time, seconds)
	if err != nil {
		return nil, err
	}
	return &sts.GetSessionTokenOutput{Credentials: credentials}, nil
}

// GetFederationToken gives credentials to somebody whom the caller vouches
// for: they may do what both the caller's policies and those passed along allow.
func (s *Service) GetFederationToken(_ context.Context, call *access.Call, in *sts.GetFederationTokenInput) (*sts.GetFederationTokenOutput, error) {
	if err := longTerm(call, "GetFederationToken"); err != nil {
		return nil, err
	}
	if err := checkText("name", in.Name, sessionNames, 2, 32); err != nil {
		return nil, err
	}
	seconds, err := ownDuration(call, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	p, err := passedBy(nil, in.Policy, in.PolicyArns, in.Tags, nil)
	if err != nil {
		return nil, err
	}
	if len(p.Tags) > 0 {
		tagging := *call
		tagging.Conditions = p.conditions()
		if v := s.Decide(&tagging, "sts:TagSession", s.federatedARN(*in.Name), policy.Attached{}); !v.Allowed {
			return nil, accessDenied("User: %s is not authorized to perform: sts:TagSession on resource: %s%s", call.Caller.ARN, s.federatedARN(*in.Name), v.Cause)
		}
	}
	size, err := p.packedSize()
	if err != nil {
		return nil, err
	}
	claims := session{Kind: federatedByUser, Owner: call.Caller.ID, Name: *in.Name, passed: p}
	if call.Caller.Kind == access.Root {
		claims.Kind, claims.Owner = federatedByRoot, call.Caller.AccessKeyID
	}
	credentials, err := s.credentials(claims, call.Time, seconds)
	if err != nil {
		return nil, err
	}
	return &sts.GetFederationTokenOutput{
		Credentials: credentials,
		//lint:ignore SA1019 clients of today read it
		PackedPolicySize: size,
		FederatedUser:    &types.FederatedUser{Arn: new(s.federatedARN(*in.Name)), FederatedUserId: new(s.account + ":" + *in.Name)},
	}, nil
}

// GetAccessKeyInfo says whose account an access key is of. Temporary keys are
// not stored: of those it knows the caller's own.
func (s *Service) GetAccessKeyInfo(ctx context.Context, call *access.Call, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	id := deref(in.AccessKeyId)
	if err := checkText("accessKeyId", in.AccessKeyId, sessionNames, 16, 128); err != nil {
		return nil, err
	}
	if id != call.Caller.AccessKeyID && !s.isRootKey(id) {
		_, err := accessKeys.Get(ctx, s.db, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil, validation("The access key %s is not of this account.", id)
		}
		if err != nil {
			return nil, err
		}
	}
	return &sts.GetAccessKeyInfoOutput{Account: &s.account}, nil
}
