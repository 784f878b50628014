package account

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

func tagShapes(tags []tag) []types.Tag {
	list := make([]types.Tag, len(tags))
	for i := range tags {
		list[i] = types.Tag{Key: &tags[i].Key, Value: &tags[i].Value}
	}
	return list
}

// tagsIfAny is for shapes that leave the tags out when there are none.
func tagsIfAny(tags []tag) []types.Tag {
	if len(tags) == 0 {
		return nil
	}
	return tagShapes(tags)
}

func sortTags(list []tag) []tag {
	slices.SortFunc(list, func(a, b tag) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

func sortedTags(given []types.Tag) ([]tag, error) {
	list, err := tagsOf(given)
	return sortTags(list), err
}

// withTags puts tags over those that are there. Keys are one key in any case;
// the newer way to write it stays.
func withTags(have, given []tag) ([]tag, error) { return overTags(have, given, sameTagKey) }

// sameTagKey reports whether two texts are one key, as condition keys are
// compared: in lower case. Unicode folds more into one, such as ſ into s, and
// policies that were asked about the one would be silent about the other.
func sameTagKey(a, b string) bool { return isTagKey(a, strings.ToLower(b)) }

// isTagKey is sameTagKey where folded is in lower case already; it allocates nothing.
func isTagKey(key, folded string) bool {
	for _, r := range key {
		lower, size := utf8.DecodeRuneInString(folded)
		if size == 0 || unicode.ToLower(r) != lower {
			return false
		}
		folded = folded[size:]
	}
	return folded == ""
}

func overTags(have, given []tag, same func(a, b string) bool) ([]tag, error) {
	list := withoutTags(have, func(key string) bool {
		return slices.ContainsFunc(given, func(t tag) bool { return same(t.Key, key) })
	})
	list = sortTags(append(list, given...))
	if len(list) > maxTags {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	return list, nil
}

func withoutTags(have []tag, gone func(key string) bool) []tag {
	return slices.DeleteFunc(slices.Clone(have), func(t tag) bool { return gone(t.Key) })
}

func anyKey(keys []string) func(string) bool {
	return func(key string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return sameTagKey(k, key) })
	}
}

func (s *Service) tagEntity(ctx context.Context, kind entityKind, name *string, given []types.Tag) error {
	tags, err := tagsOf(given)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, kind, name, func(_ *store.Tx, e *entity) (err error) {
		e.Tags, err = withTags(e.Tags, tags)
		return err
	})
	return err
}

func (s *Service) untagEntity(ctx context.Context, kind entityKind, name *string, keys []string) error {
	if err := checkTagKeys(keys); err != nil {
		return err
	}
	_, err := s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		e.Tags = withoutTags(e.Tags, anyKey(keys))
		return nil
	})
	return err
}

func (s *Service) listEntityTags(ctx context.Context, kind entityKind, name, marker *string, maxItems *int32) ([]types.Tag, bool, *string, error) {
	l, err := s.listing("ListTags", nameKey(kind, deref(name)), marker, maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	e, err := s.find(ctx, s.db, kind, name)
	if err != nil {
		return nil, false, nil, err
	}
	tags, truncated, next := page(l, e.Tags, func(t tag) string { return t.Key })
	return tagShapes(tags), truncated, next, nil
}

// TagPolicy puts tags on a policy of the account.
func (s *Service) TagPolicy(ctx context.Context, _ *access.Call, in *iam.TagPolicyInput) (*iam.TagPolicyOutput, error) {
	tags, err := policyTagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	return nil, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *managedPolicy) (err error) {
		p.Tags, err = overTags(p.Tags, tags, func(a, b string) bool { return a == b })
		return err
	})
}

// UntagPolicy takes tags from a policy.
func (s *Service) UntagPolicy(ctx context.Context, _ *access.Call, in *iam.UntagPolicyInput) (*iam.UntagPolicyOutput, error) {
	if err := checkTagKeys(in.TagKeys); err != nil {
		return nil, err
	}
	return nil, s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *managedPolicy) error {
		p.Tags = withoutTags(p.Tags, func(key string) bool { return slices.Contains(in.TagKeys, key) })
		return nil
	})
}

// ListPolicyTags pages through the tags of a policy.
func (s *Service) ListPolicyTags(ctx context.Context, _ *access.Call, in *iam.ListPolicyTagsInput) (*iam.ListPolicyTagsOutput, error) {
	l, err := s.listing("ListPolicyTags", deref(in.PolicyArn), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	p, err := s.managed(ctx, s.db, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tags, truncated, next := page(l, p.Tags, func(t tag) string { return t.Key })
	return &iam.ListPolicyTagsOutput{Tags: tagShapes(tags), IsTruncated: truncated, Marker: next}, nil
}

// TagUser puts tags on a user.
func (s *Service) TagUser(ctx context.Context, _ *access.Call, in *iam.TagUserInput) (*iam.TagUserOutput, error) {
	return nil, s.tagEntity(ctx, user, in.UserName, in.Tags)
}

// UntagUser takes tags from a user.
func (s *Service) UntagUser(ctx context.Context, _ *access.Call, in *iam.UntagUserInput) (*iam.UntagUserOutput, error) {
	return nil, s.untagEntity(ctx, user, in.UserName, in.TagKeys)
}

// ListUserTags pages through the tags of a user.
func (s *Service) ListUserTags(ctx context.Context, _ *access.Call, in *iam.ListUserTagsInput) (*iam.ListUserTagsOutput, error) {
	tags, truncated, next, err := s.listEntityTags(ctx, user, in.UserName, in.Marker, in.MaxItems)
	return &iam.ListUserTagsOutput{Tags: tags, IsTruncated: truncated, Marker: next}, err
}

// TagRole puts tags on a role.
func (s *Service) TagRole(ctx context.Context, _ *access.Call, in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	return nil, s.tagEntity(ctx, role, in.RoleName, in.Tags)
}

// UntagRole takes tags from a role.
func (s *Service) UntagRole(ctx context.Context, _ *access.Call, in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	return nil, s.untagEntity(ctx, role, in.RoleName, in.TagKeys)
}

// ListRoleTags pages through the tags of a role.
func (s *Service) ListRoleTags(ctx context.Context, _ *access.Call, in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	tags, truncated, next, err := s.listEntityTags(ctx, role, in.RoleName, in.Marker, in.MaxItems)
	return &iam.ListRoleTagsOutput{Tags: tags, IsTruncated: truncated, Marker: next}, err
}
