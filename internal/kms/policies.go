package kms

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/policy"
)

const (
	policyName = "default" // the only name that a key policy has
	maxPolicy  = 32 * 1024 // bytes
	maxTags    = 50
)

// defaultPolicy leaves a key to the account's own policies, as AWS's does.
func defaultPolicy(account string) string {
	return `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
}

// checkPolicy refuses a policy that cannot be read, and, unless bypass says to
// take it all the same, one that would keep its author from changing it again.
func (s *Service) checkPolicy(ctx context.Context, call *access.Call, k *Key, text string, bypass bool) error {
	if len(text) == 0 || len(text) > maxPolicy {
		return malformedPolicy("A key policy has from 1 to 32768 bytes.")
	}
	p, err := policy.Parse(policy.Resource, []byte(text))
	if err != nil {
		return malformedPolicy(err.Error())
	}
	if bypass {
		return nil
	}
	asked := *call
	asked.Conditions = access.Keys{"kms:calleraccount": {call.Caller.Account}, "kms:bypasspolicylockoutsafetycheck": {"false"}}
	describe(asked.Conditions)
	access.Keys(asked.Conditions).Has(k.Tags)
	asked.Own = policy.Attached{Name: "key policy", Policy: p}
	if !s.policies.Authorize(ctx, &asked, "kms:PutKeyPolicy", s.keyARN(k.Region, k.ID)).Allowed {
		return malformedPolicy(textLockout)
	}
	return nil
}

// permittedNew asks whether the caller may tag a key that is being made.
func (s *Service) permittedNew(ctx context.Context, call *access.Call, k *Key) error {
	asked := *call
	asked.Own = policy.Attached{Name: "key policy", Policy: s.fallback}
	resource := s.keyARN(k.Region, k.ID)
	if v := s.policies.Authorize(ctx, &asked, "kms:TagResource", resource); !v.Allowed {
		return awsapi.Denied(call, "kms:TagResource", resource, v)
	}
	return nil
}

// GetKeyPolicy shows a key's policy as it was written.
func (s *Service) GetKeyPolicy(_ context.Context, call *access.Call, in *kms.GetKeyPolicyInput) (*kms.GetKeyPolicyOutput, error) {
	k, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	if err != nil {
		return nil, err
	}
	if in.PolicyName != nil && *in.PolicyName != policyName {
		return nil, notFound(textPolicyName)
	}
	name := policyName
	return &kms.GetKeyPolicyOutput{Policy: &k.Policy, PolicyName: &name}, nil
}

// PutKeyPolicy replaces a key's policy.
func (s *Service) PutKeyPolicy(ctx context.Context, call *access.Call, in *kms.PutKeyPolicyInput) (*kms.PutKeyPolicyOutput, error) {
	if in.PolicyName != nil && *in.PolicyName != policyName {
		return nil, invalid("PolicyName must be %s", policyName)
	}
	k, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	if err != nil {
		return nil, err
	}
	if err := s.checkPolicy(ctx, call, k, deref(in.Policy), in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	_, err = s.settle(ctx, call, in.KeyId, func(k *Key) error { k.Policy = *in.Policy; return nil })
	return nil, err
}

// ListKeyPolicies names the one policy of a key.
func (s *Service) ListKeyPolicies(_ context.Context, call *access.Call, in *kms.ListKeyPoliciesInput) (*kms.ListKeyPoliciesOutput, error) {
	k, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	if err != nil {
		return nil, err
	}
	if _, err := s.page("ListKeyPolicies", k.ID, in.Marker, in.Limit, 1000, 100); err != nil {
		return nil, err
	}
	return &kms.ListKeyPoliciesOutput{PolicyNames: []string{policyName}}, nil
}

// withTags adds tags to those that are there.
func withTags(have map[string]string, more []types.Tag) (map[string]string, error) {
	all := maps.Clone(have)
	if all == nil {
		all = map[string]string{}
	}
	given := map[string]bool{}
	for _, t := range more {
		key, value := deref(t.TagKey), deref(t.TagValue)
		n := utf8.RuneCountInString(key)
		switch {
		case n < 1 || n > 128 || utf8.RuneCountInString(value) > 256:
			return nil, badTag("A tag has a key of 1 to 128 characters and a value of at most 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, badTag(textReservedTag)
		case given[key]:
			return nil, badTag(textTagTwice)
		}
		given[key] = true
		all[key] = value
	}
	folded := map[string]bool{}
	for key := range all {
		if folded[strings.ToLower(key)] {
			return nil, badTag(textTagTwice)
		}
		folded[strings.ToLower(key)] = true
	}
	if len(all) > maxTags {
		return nil, tooMany(textTooManyTags)
	}
	return all, nil
}

// TagResource adds tags to a key or replaces their values.
func (s *Service) TagResource(ctx context.Context, call *access.Call, in *kms.TagResourceInput) (*kms.TagResourceOutput, error) {
	_, err := s.settle(ctx, call, in.KeyId, func(k *Key) (err error) {
		k.Tags, err = withTags(k.Tags, in.Tags)
		return err
	})
	return nil, err
}

// UntagResource takes tags off a key.
func (s *Service) UntagResource(ctx context.Context, call *access.Call, in *kms.UntagResourceInput) (*kms.UntagResourceOutput, error) {
	_, err := s.settle(ctx, call, in.KeyId, func(k *Key) error {
		for _, key := range in.TagKeys {
			delete(k.Tags, key)
		}
		return nil
	})
	return nil, err
}

// ListResourceTags shows a key's tags, page by page.
func (s *Service) ListResourceTags(_ context.Context, call *access.Call, in *kms.ListResourceTagsInput) (*kms.ListResourceTagsOutput, error) {
	k, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	if err != nil {
		return nil, err
	}
	page, err := s.page("ListResourceTags", k.ID, in.Marker, in.Limit, maxTags, maxTags)
	if err != nil {
		return nil, err
	}
	var rows []*types.Tag
	for _, key := range slices.Sorted(maps.Keys(k.Tags)) {
		if value := k.Tags[key]; key > page.After {
			rows = append(rows, &types.Tag{TagKey: &key, TagValue: &value})
		}
	}
	rows, next := awsapi.Turn(page, rows, func(t *types.Tag) string { return *t.TagKey })
	out := &kms.ListResourceTagsOutput{Tags: []types.Tag{}, NextMarker: next, Truncated: next != nil}
	for _, t := range rows {
		out.Tags = append(out.Tags, *t)
	}
	return out, nil
}

func tagged(tags []types.Tag) access.Keys {
	said := access.Keys{}
	for _, t := range tags {
		said.Tag(deref(t.TagKey), deref(t.TagValue))
	}
	return said
}

// bypassing notes whether a call would take a policy that locks its author out.
func bypassing(said access.Keys, bypass bool) access.Keys {
	said.One("kms:bypasspolicylockoutsafetycheck", strconv.FormatBool(bypass))
	return said
}
