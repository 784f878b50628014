package function

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
)

const maxTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("The number of tags exceeds the limit of %d.", maxTags)
	}
	for name, value := range tags {
		switch {
		case name == "" || utf8.RuneCountInString(name) > 128 || utf8.RuneCountInString(value) > 256:
			return invalid("A tag's key must have 1 to 128 characters, its value at most 256.")
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			return invalid("A tag's key must not begin with aws:")
		}
	}
	return nil
}

// TagResource adds tags, or changes their values.
func (s *Service) TagResource(ctx context.Context, call *access.Call, in *lambda.TagResourceInput) (*lambda.TagResourceOutput, error) {
	return nil, s.retag(ctx, call, in.Resource, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, call *access.Call, in *lambda.UntagResourceInput) (*lambda.UntagResourceOutput, error) {
	return nil, s.retag(ctx, call, in.Resource, func(tags map[string]string) {
		for _, name := range in.TagKeys {
			delete(tags, name)
		}
	})
}

// ListTags returns a function's tags.
func (s *Service) ListTags(ctx context.Context, call *access.Call, in *lambda.ListTagsInput) (*lambda.ListTagsOutput, error) {
	t, err := resourceARN(call, in.Resource)
	if err != nil {
		return nil, err
	}
	row, err := s.row(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	tags := row.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return &lambda.ListTagsOutput{Tags: tags}, nil
}

func (s *Service) retag(ctx context.Context, call *access.Call, resource *string, change func(map[string]string)) error {
	t, err := resourceARN(call, resource)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, s.db, t, func(row *functionRow) error {
		tags := maps.Clone(row.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		change(tags)
		row.Tags = tags
		return checkTags(tags)
	})
	return err
}
