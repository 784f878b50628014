package restapi

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
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
// What belongs to an API has the API's tags, but for stages, which have their own.
func (svc *Service) about(call *access.Call, in any) error {
	c := conditions{}
	apiID := memberOf(in, "RestApiId")
	var stage string
	switch in := in.(type) {
	case *apigateway.CreateRestApiInput:
		c.gives(in.Tags)
	case *apigateway.CreateStageInput:
		c.gives(in.Tags)
		apiID = ""
	case *apigateway.TagResourceInput:
		c.gives(in.Tags)
		apiID, stage, _ = taggable(call, text(in.ResourceArn)) // one that is none is the handler's to refuse
	case *apigateway.UntagResourceInput:
		if len(in.TagKeys) > 0 {
			c[keyTagKeys] = in.TagKeys
		}
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigateway.GetTagsInput:
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigateway.GetStagesInput:
		apiID = ""
	case *apigateway.CreateDeploymentInput: // whose stage is the one that it makes
	default:
		stage = memberOf(in, "StageName")
	}
	c.asksFor(in)
	if apiID != "" {
		if err := svc.describe(c, call, in, apiID, stage); err != nil {
			return err
		}
	}
	call.Conditions = c
	return nil
}

// memberOf is what a member of an input holds, "" if the input has none of that name.
func memberOf(in any, name string) string {
	member := reflect.ValueOf(in).Elem().FieldByName(name)
	if !member.IsValid() {
		return ""
	}
	p, _ := member.Interface().(*string)
	return text(p)
}

// describe notes what stands in the rows that the call is about.
func (svc *Service) describe(c conditions, call *access.Call, in any, apiID, stage string) error {
	ctx, stop := context.WithTimeout(context.Background(), rowReading)
	defer stop()
	api, err := readAPI(ctx, svc.db, call, &apiID)
	if err != nil {
		return unlessMissing(err)
	}
	if stage == "" {
		c.add(keyResourceTag, api.Tags)
		return unlessMissing(svc.describePart(ctx, c, call, in, api))
	}
	s, err := readStage(ctx, svc.db, call, &apiID, &stage)
	if err != nil {
		return unlessMissing(err)
	}
	c.add(keyResourceTag, s.Tags)
	if s.AccessLog != nil {
		c.note(ofResource, keyLogDestination, s.AccessLog.DestinationARN)
		c.note(ofResource, keyLogFormat, s.AccessLog.Format)
	}
	return nil
}

func unlessMissing(err error) error {
	if _, missing := errors.AsType[*types.NotFoundException](err); missing {
		return nil
	}
	return err
}
