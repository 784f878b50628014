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

// rowReading bounds how long a call waits for the rows that policies are asked about.
const rowReading = 10 * time.Second

// about notes in the call what policies may be about. What is not there has no
// tags: nobody learns from a refusal whether it is.
//
// What belongs to an API has the API's tags, but for stages, which have their own:
// whom a tag keeps from an API it keeps from its routes. A deployment to a stage
// changes both.
func (svc *Service) about(call *access.Call, in any) error {
	c := conditions{}
	apiID, stage := member(in, "ApiId"), member(in, "StageName")
	switch in := in.(type) {
	case *apigatewayv2.CreateApiInput:
		c.gives(in.Tags)
	case *apigatewayv2.CreateStageInput:
		c.gives(in.Tags)
		stage = ""
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
	}
	c.asksFor(in)
	if apiID != "" {
		if err := svc.aboutAPI(c, call, in, apiID, stage); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	call.Conditions = c
	return nil
}

// aboutAPI notes what stands in the rows that the call is about.
func (svc *Service) aboutAPI(c conditions, call *access.Call, in any, apiID, stage string) error {
	ctx, stop := context.WithTimeout(context.Background(), rowReading)
	defer stop()
	api, err := apis.Get(ctx, svc.db, apiID)
	if err != nil || api.Region != call.Region {
		return err
	}
	if _, both := in.(*apigatewayv2.CreateDeploymentInput); both || stage == "" {
		c.add(keyResourceTag, api.Tags)
	}
	if stage == "" {
		return svc.describe(ctx, c, in, api)
	}
	s, err := stages.Get(ctx, svc.db, apiID, stage)
	if err != nil {
		return err
	}
	c.add(keyResourceTag, s.Tags)
	if s.AccessLog != nil {
		c.note(ofResource, keyLogDestination, s.AccessLog.DestinationARN)
		c.note(ofResource, keyLogFormat, s.AccessLog.Format)
	}
	return nil
}
