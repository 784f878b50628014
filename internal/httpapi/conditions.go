package httpapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// What policies may be about beside action and ARN: the tags of an API or stage,
// and those that a call gives to one or takes from it.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-control-access.html
const (
	keyRequestTag  = "aws:requesttag/"
	keyResourceTag = "aws:resourcetag/"
	keyTagKeys     = "aws:tagkeys"
)

// conditions are values by condition key. Keys of conditions have no case, tags
// have: two tags that differ in case alone are two values of one key.
type conditions map[string][]string

func (c conditions) add(prefix string, tags map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		key := prefix + strings.ToLower(name)
		c[key] = append(c[key], tags[name])
	}
}

func (c conditions) gives(tags map[string]string) {
	c.add(keyRequestTag, tags)
	if len(tags) > 0 {
		c[keyTagKeys] = slices.Sorted(maps.Keys(tags))
	}
}

// tagReading bounds how long a call waits for the tags that policies are asked about.
const tagReading = 10 * time.Second

// about notes in the call what policies may be about. What is not there has no
// tags: nobody learns from a refusal whether it is.
func (svc *Service) about(call *access.Call, in any) error {
	c := conditions{}
	var apiID, stage string
	switch in := in.(type) {
	case *apigatewayv2.CreateApiInput:
		c.gives(in.Tags)
	case *apigatewayv2.CreateStageInput:
		c.gives(in.Tags)
		apiID = text(in.ApiId)
	case *apigatewayv2.TagResourceInput:
		c.gives(in.Tags)
		apiID, stage, _ = taggable(call, text(in.ResourceArn)) // one that is none is the handler's to refuse
	case *apigatewayv2.UntagResourceInput:
		if len(in.TagKeys) > 0 {
			c[keyTagKeys] = in.TagKeys
		}
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigatewayv2.GetTagsInput:
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	default:
		// What belongs to an API goes by the tags of the API, a stage by its own:
		// whom a tag keeps from an API it keeps from its routes.
		apiID, stage = member(in, "ApiId"), member(in, "StageName")
	}
	if d, ok := in.(*apigatewayv2.CreateDeploymentInput); ok && stage != "" {
		if err := svc.addTags(c, call, text(d.ApiId), ""); err != nil { // it changes both
			return err
		}
	}
	if apiID != "" {
		if err := svc.addTags(c, call, apiID, stage); err != nil {
			return err
		}
	}
	call.Conditions = c
	return nil
}

func (svc *Service) addTags(c conditions, call *access.Call, apiID, stage string) error {
	tags, err := svc.tagsOf(call, apiID, stage)
	if err == nil {
		c.add(keyResourceTag, tags)
	}
	return err
}

// tagsOf are the tags of an API in the call's region, or of a stage of it.
func (svc *Service) tagsOf(call *access.Call, apiID, stage string) (map[string]string, error) {
	ctx, stop := context.WithTimeout(context.Background(), tagReading)
	defer stop()
	api, err := apis.Get(ctx, svc.db, apiID)
	if errors.Is(err, store.ErrNotFound) || err == nil && api.Region != call.Region {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if stage == "" {
		return api.Tags, nil
	}
	s, err := stages.Get(ctx, svc.db, apiID, stage)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.Tags, nil
}
