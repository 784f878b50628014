package identitypool

import (
	"context"
	"maps"
	"slices"
	"strings"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
)

func checkTags(tags map[string]string) error {
	for key, value := range tags {
		if err := check("tags", key, 1, 128, nil); err != nil {
			return err
		}
		if err := check("tags", value, 0, 256, nil); err != nil {
			return err
		}
	}
	if len(tags) > maxTags {
		return invalid(textTooManyTags)
	}
	return checkTagKeys(slices.Collect(maps.Keys(tags)))
}

// checkTagKeys refuses AWS's own keys, and two that differ in case only: to
// policies they are one key, which would have two values.
func checkTagKeys(keys []string) error {
	seen := map[string]bool{}
	for _, key := range keys {
		folded := strings.ToLower(key)
		if strings.HasPrefix(folded, "aws:") {
			return invalid(textReservedTag)
		}
		if seen[folded] {
			return invalid(textTagTwice)
		}
		seen[folded] = true
	}
	return nil
}

// tagged is the id of the pool whose ARN a tagging call names.
func (s *Service) tagged(call *access.Call, resource *string) (*string, error) {
	region, id, ok := poolOfARN(deref(resource), s.account)
	if !ok {
		return nil, invalid(textBadARN)
	}
	if region != call.Region {
		return nil, notFound(textNoPool(id))
	}
	return &id, nil
}

// TagResource adds tags to a pool or replaces their values.
func (s *Service) TagResource(ctx context.Context, call *access.Call, in *ci.TagResourceInput) (*ci.TagResourceOutput, error) {
	id, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.changePool(ctx, call, id, func(p *Pool) error {
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		maps.Copy(p.Tags, in.Tags)
		return checkTags(p.Tags)
	})
	return nil, err
}

// UntagResource removes tags from a pool.
func (s *Service) UntagResource(ctx context.Context, call *access.Call, in *ci.UntagResourceInput) (*ci.UntagResourceOutput, error) {
	id, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.changePool(ctx, call, id, func(p *Pool) error {
		for _, key := range in.TagKeys {
			delete(p.Tags, key)
		}
		return nil
	})
	return nil, err
}

// ListTagsForResource shows a pool's tags.
func (s *Service) ListTagsForResource(_ context.Context, call *access.Call, in *ci.ListTagsForResourceInput) (*ci.ListTagsForResourceOutput, error) {
	id, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	p, err := s.pool(call, id)
	if err != nil {
		return nil, err
	}
	return &ci.ListTagsForResourceOutput{Tags: p.shape().IdentityPoolTags}, nil
}
